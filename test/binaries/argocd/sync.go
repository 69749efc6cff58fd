package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/argoproj/argo-cd/gitops-engine/pkg/sync"
	synccommon "github.com/argoproj/argo-cd/gitops-engine/pkg/sync/common"
	"github.com/argoproj/argo-cd/v3/common"
	"github.com/argoproj/argo-cd/v3/util/lua"
	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

type syncAnswer struct {
	Phase     synccommon.OperationPhase `json:"phase"`
	Message   string                    `json:"message"`
	Resources []syncedResource          `json:"resources"`
}

type syncedResource struct {
	Group     string                    `json:"group"`
	Kind      string                    `json:"kind"`
	Namespace string                    `json:"namespace"`
	Name      string                    `json:"name"`
	Status    synccommon.ResultCode     `json:"status"`
	HookPhase synccommon.OperationPhase `json:"hookPhase"`
	Message   string                    `json:"message"`
}

var propagations = map[string]metav1.DeletionPropagation{
	"foreground": metav1.DeletePropagationForeground,
	"background": metav1.DeletePropagationBackground,
	"orphan":     metav1.DeletePropagationOrphan,
}

func runSync(args []string, out io.Writer) error {
	var app application
	flags := flag.NewFlagSet("sync", flag.ContinueOnError)
	app.register(flags)
	prune := flags.Bool("prune", false, "remove what is tracked and no longer in --dir")
	serverSide := flags.Bool("server-side", false, "the sync option ServerSideApply=true")
	propagation := flags.String("propagation", "foreground", "how a pruned object's dependents go")
	customizations := flags.String("customizations", "", "an argocd-cm with resource.customizations")
	timeout := flags.Duration("timeout", time.Minute, "when to terminate a sync that is not through")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := app.check(); err != nil {
		return err
	}
	policy, known := propagations[*propagation]
	if !known {
		return fmt.Errorf("--propagation is foreground, background or orphan, not %q", *propagation)
	}
	overrides, err := readCustomizations(*customizations)
	if err != nil {
		return err
	}
	compared, err := app.compare()
	if err != nil {
		return err
	}
	defer compared.cache.Invalidate()
	operation, cleanup, err := sync.NewSyncContext("manifests", compared.result, compared.config, compared.config,
		compared.kubectl, app.namespace,
		sync.WithLogr(logr.Discard()),
		sync.WithHealthOverride(lua.ResourceHealthOverrides(overrides)),
		sync.WithOperationSettings(false, *prune, false, false),
		sync.WithManifestValidation(true),
		sync.WithPrunePropagationPolicy(&policy),
		sync.WithServerSideApply(*serverSide),
		sync.WithServerSideApplyManager(common.ArgoCDSSAManager),
		sync.WithClientSideApplyMigration(true, synccommon.DefaultClientSideApplyMigrationManager))
	if err != nil {
		return err
	}
	defer cleanup()
	answer := carryOut(operation, *timeout)
	if err := json.NewEncoder(out).Encode(answer); err != nil {
		return err
	}
	if !answer.Phase.Successful() {
		return errNotSucceeded
	}
	return nil
}

func carryOut(operation sync.SyncContext, timeout time.Duration) syncAnswer {
	ctx := context.Background()
	for deadline := time.Now().Add(timeout); ; time.Sleep(250 * time.Millisecond) {
		operation.Sync(ctx)
		phase, message, results := operation.GetState()
		if !phase.Completed() && time.Now().Before(deadline) {
			continue
		}
		if !phase.Completed() {
			operation.Terminate(ctx)
		}
		answer := syncAnswer{Phase: phase, Message: message, Resources: []syncedResource{}}
		for _, result := range results {
			key := result.ResourceKey
			answer.Resources = append(answer.Resources, syncedResource{
				key.Group, key.Kind, key.Namespace, key.Name, result.Status, result.HookPhase, result.Message,
			})
		}
		return answer
	}
}
