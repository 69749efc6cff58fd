// Command argocd runs Argo CD's own parts for the tests: the Lua VM of its customizations, and the
// gitops-engine by which its application controller syncs and compares.
//
//	argocd lua [--customizations FILE]
//
// reads one JSON object a line from stdin and answers each with one line on stdout, in order:
//
//	{"kind":"health","object":{…},"script":"…"}     -> {"status":"Healthy","message":"…"}
//	{"kind":"discovery","object":{…},"script":"…"}  -> {"actions":[{"name":"approve","disabled":false,…}]}
//	{"kind":"action","object":{…},"script":"…","params":{"name":"value"}}
//	                                                -> {"resources":[{"operation":"patch","resource":{…},"patch":{…}}]}
//
// or with {"error":"…"}. `patch` is the merge patch that Argo CD's API server would send. Scripts run as Argo CD
// runs those of a user's argocd-cm: without the standard libraries. With --customizations (an argocd-cm in YAML)
// `script` may be left out, and the script is the one that Argo CD finds for the object's kind; an action then
// needs "action":"NAME". No status at all (Argo CD knows no health for the kind) is {"status":"","message":""}.
//
//	argocd sync --kubeconfig FILE --namespace NAME --dir DIR [--app NAME] [--prune] [--server-side]
//	            [--propagation foreground|background|orphan] [--customizations FILE] [--tracking annotation|label]
//	            [--watch GROUP/KIND]… [--timeout 60s]
//
// does one sync of the manifests in DIR (.yaml, .yml, .json, also in its folders) as the application controller
// would: dry run, apply by sync wave, health of each wave before the next (by --customizations), prune. An object
// is the Application's own if it carries its tracking mark. It prints
//
//	{"phase":"Succeeded","message":"…","resources":[{"group","kind","namespace","name","status","hookPhase","message"}]}
//
// where status is Synced, SyncFailed, Pruned or PruneSkipped. A sync that is not through after --timeout is
// terminated and says phase "Running". Exit code 0 with phase Succeeded, otherwise 1.
//
//	argocd diff --kubeconfig FILE --namespace NAME --dir DIR [--app NAME] [--mode three-way|structured|server-side]
//	            [--tracking …] [--watch …]
//
// compares what DIR says with what is live and prints
//
//	{"outOfSync":false,"resources":[{"group","kind","namespace","name","outOfSync","reason","live","predicted"}]}
//
// where reason is "", Missing, Extra (live, tracked, and no longer in DIR: a sync with --prune removes it) or
// Modified, and only with Modified `live` and `predicted` are the two objects that differ. three-way is Argo CD's
// default; structured is what it does for an Application with ServerSideApply=true; server-side asks the API
// server by a dry run (the compare option ServerSideDiff=true). Exit code 0 whether or not there are differences.
//
// A manifest without a namespace goes to --namespace. Only that one is looked at, and there only the kinds in DIR,
// those of the group outrigger.dev and those given by --watch (the core group is written as "/Pod"). Errors go to
// stderr, with exit code 2.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/go-logr/logr"
	"github.com/sirupsen/logrus"
	"k8s.io/klog/v2"
)

// errNotSucceeded says that the answer is on stdout and was not a success.
var errNotSucceeded = errors.New("not succeeded")

func main() {
	logrus.SetOutput(io.Discard)
	klog.SetLogger(logr.Discard())
	err := run(os.Args[1:])
	switch {
	case errors.Is(err, errNotSucceeded):
		os.Exit(1)
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New("usage: argocd lua|sync|diff …, see the comment at the top of main.go")
	}
	switch args[0] {
	case "lua":
		return runLua(args[1:], os.Stdin, os.Stdout)
	case "sync":
		return runSync(args[1:], os.Stdout)
	case "diff":
		return runDiff(args[1:], os.Stdout)
	}
	return fmt.Errorf("no command %q: there are lua, sync and diff", args[0])
}
