local shown = {
  approve = { displayName = "Approve the next wave", iconClass = "fa fa-fw fa-thumbs-up" },
  promote = { displayName = "Promote without a Pass", iconClass = "fa fa-fw fa-forward" },
  abort = { displayName = "Abort and go back", iconClass = "fa fa-fw fa-undo" },
  retry = { displayName = "Retry the rejected attempt", iconClass = "fa fa-fw fa-redo" },
}
local actions = {}
for name in pairs(decisions()) do actions[name] = shown[name] end
return actions
