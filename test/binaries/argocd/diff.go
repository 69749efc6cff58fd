package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"

	"github.com/argoproj/argo-cd/gitops-engine/pkg/diff"
	"github.com/argoproj/argo-cd/v3/common"
	"github.com/go-logr/logr"
)

type diffAnswer struct {
	OutOfSync bool               `json:"outOfSync"`
	Resources []comparedResource `json:"resources"`
}

type comparedResource struct {
	Group     string          `json:"group"`
	Kind      string          `json:"kind"`
	Namespace string          `json:"namespace"`
	Name      string          `json:"name"`
	OutOfSync bool            `json:"outOfSync"`
	Reason    string          `json:"reason"`
	Live      json.RawMessage `json:"live,omitempty"`
	Predicted json.RawMessage `json:"predicted,omitempty"`
}

func runDiff(args []string, out io.Writer) error {
	var app application
	flags := flag.NewFlagSet("diff", flag.ContinueOnError)
	app.register(flags)
	mode := flags.String("mode", "three-way", "three-way, structured or server-side")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := app.check(); err != nil {
		return err
	}
	compared, err := app.compare()
	if err != nil {
		return err
	}
	defer compared.cache.Invalidate()
	options := []diff.Option{
		diff.WithLogr(logr.Discard()),
		diff.WithManager(common.ArgoCDSSAManager),
		diff.WithGVKParser(compared.cache.GetGVKParser()),
	}
	switch *mode {
	case "three-way":
	case "structured":
		options = append(options, diff.WithStructuredMergeDiff(true))
	case "server-side":
		applier, cleanup, err := compared.kubectl.ManageServerSideDiffDryRuns(compared.config)
		if err != nil {
			return err
		}
		defer cleanup()
		options = append(options,
			diff.WithServerSideDiff(true),
			diff.WithServerSideDryRunner(diff.NewK8sServerSideDryRunner(applier)))
	default:
		return fmt.Errorf("--mode is three-way, structured or server-side, not %q", *mode)
	}
	target, live := compared.result.Target, compared.result.Live
	results, err := diff.DiffArray(context.Background(), target, live, options...)
	if err != nil {
		return err
	}
	answer := diffAnswer{Resources: []comparedResource{}}
	for i, result := range results.Diffs {
		object := target[i]
		if object == nil {
			object = live[i]
		}
		gvk := object.GroupVersionKind()
		resource := comparedResource{
			Group: gvk.Group, Kind: gvk.Kind, Namespace: object.GetNamespace(), Name: object.GetName(),
		}
		switch {
		case live[i] == nil:
			resource.Reason = "Missing"
		case target[i] == nil:
			resource.Reason = "Extra"
		case result.Modified:
			resource.Reason = "Modified"
			resource.Live, resource.Predicted = result.NormalizedLive, result.PredictedLive
		}
		resource.OutOfSync = resource.Reason != ""
		answer.OutOfSync = answer.OutOfSync || resource.OutOfSync
		answer.Resources = append(answer.Resources, resource)
	}
	return json.NewEncoder(out).Encode(answer)
}
