/** The API's MicroTime: RFC 3339 with six decimals. `ms` counts since the Unix epoch. */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
