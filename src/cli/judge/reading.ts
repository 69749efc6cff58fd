import { isApiError } from '../../kube/errors.ts';
import { UsageError } from '../io.ts';

/**
 * What a cluster was asked for.
 * @param what as people call it
 * @param right what a role must allow
 * Errors: UsageError with what to do, where the cluster does not give it.
 */
export async function reading<T>(what: string, right: string, asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (!isApiError(error)) throw error;
    throw new UsageError(`${what} cannot be read: ${error.serverMessage}${advice(error.code, right)}`);
  }
}

function advice(code: string, right: string): string {
  switch (code) {
    case 'forbidden':
      return `; ask for a role that lets you ${right}`;
    case 'unauthorized':
      return '; log in again, or name another context with --context';
    case 'transient':
      return '; is this the right cluster? --kubeconfig and --context name another one';
    default:
      return '';
  }
}
