-- What a person can decide about an EdgeRollout now, and the annotation's value for it; before each of its actions.
-- A value names the revision and the attempt that it is about, so one that comes too late can do nothing.

local function map(value)
  if type(value) == "table" then return value end
  return {}
end

local function decisions()
  local status = map(obj.status)
  local phase, candidate, wave = status.phase, map(status.candidate), map(status.wave)
  local stalled, reason = false, nil
  for _, each in ipairs(map(status.conditions)) do
    local condition = map(each)
    if condition.type == "Stalled" then stalled = condition.status == "True" end
    if condition.type == "Ready" then reason = condition.reason end
  end
  local possible = {}
  if map(obj.metadata).deletionTimestamp ~= nil then return possible end

  local named = type(candidate.revision) == "string" and tonumber(candidate.attempt) ~= nil
  local attempt = named and (candidate.revision .. "." .. tostring(candidate.attempt)) or nil

  if stalled then
    local rejected = map(map(status.rejected)[1])
    if phase == "RollingBack" or phase == "RolledBack" then
      if named then
        possible.retry = attempt
      elseif type(rejected.revision) == "string" and tonumber(rejected.attempt) ~= nil then
        -- Rejected in a cohort of its own: the newest entry is the one.
        possible.retry = rejected.revision .. "." .. tostring(rejected.attempt)
      end
    end
    return possible
  end
  if not named then return possible end
  if reason == "Inconclusive" then
    possible.retry = attempt
    return possible
  end
  possible.abort = attempt
  if type(status.approval) == "string" and status.approval ~= "" then possible.approve = status.approval end
  -- A person may stand in for a Pass that is missing, never for one that is not there because of a Fail.
  local missing = phase == "Soaking" or (phase == "Holding" and (status.verdict == "Undecided" or reason == "NoEvidence"))
  if missing and status.verdict ~= "Fail" and type(wave.name) == "string" then
    possible.promote = attempt .. "/" .. wave.name
  end
  return possible
end
