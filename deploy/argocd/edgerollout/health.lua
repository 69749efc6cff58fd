-- How Argo CD sees an EdgeRollout. Argo CD runs it without Lua's standard libraries: there is no `string` here.
-- Suspended is what waits for a person; a rollout that has seen harm is Degraded even where it waits for one.

local function map(value)
  if type(value) == "table" then return value end
  return {}
end

local function text(value, otherwise)
  if type(value) == "string" and value ~= "" then return value end
  return otherwise
end

local metadata, status = map(obj.metadata), map(obj.status)

local function condition(name)
  for _, each in ipairs(map(status.conditions)) do
    if map(each).type == name then return each end
  end
  return {}
end

local function is(health, message)
  return { status = health, message = message }
end

if metadata.deletionTimestamp ~= nil then
  return is("Progressing", "the rollout is being deleted")
end

local ready = condition("Ready")
local observed = tonumber(status.observedGeneration)
if observed == nil or ready.status == nil then
  return is("Progressing", "the operator has not looked at the rollout yet")
end
if observed < (tonumber(metadata.generation) or 0) then
  return is("Progressing", "the operator has not looked at the latest change of the rollout yet")
end

local message = text(status.message, text(ready.message, text(ready.reason, "the operator gives no reason")))
-- A rollout that arrived before its model waits for it; in a sync of both the model is a moment away.
if ready.reason == "ModelNotFound" then return is("Progressing", message) end
if condition("Stalled").status == "True" then return is("Degraded", message) end
if condition("Accepted").status == "False" then return is("Degraded", message) end
if ready.status == "True" then return is("Healthy", message) end
local paused = condition("Paused")
-- The reason Paused is a person's spec.paused; any other is what was found wrong.
local harm = paused.status == "True" and paused.reason ~= "Paused"
if harm or condition("Healthy").status == "False" then return is("Degraded", message) end
-- Inconclusive was taken back, and waits for a retry or another spec.
if condition("Approved").status == "False" or paused.status == "True" or ready.reason == "Inconclusive" then
  return is("Suspended", message)
end
return is("Progressing", message)
