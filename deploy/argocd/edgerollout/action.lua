-- `action` is the name of the decision, set in the line above.
local value = decisions()[action]
if value == nil then error("there is nothing to " .. action .. " now; see status.message of the rollout", 0) end
obj.metadata = map(obj.metadata)
obj.metadata.annotations = map(obj.metadata.annotations)
obj.metadata.annotations["outrigger.dev/" .. action] = value
return obj
