package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	applicationpkg "github.com/argoproj/argo-cd/v3/pkg/apiclient/application"
	appv1 "github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	"github.com/argoproj/argo-cd/v3/util/lua"
	jsonpatch "github.com/evanphx/json-patch/v5"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

type luaRequest struct {
	Kind   string                     `json:"kind"`
	Object *unstructured.Unstructured `json:"object"`
	Script string                     `json:"script"`
	Action string                     `json:"action"`
	Params map[string]string          `json:"params"`
}

func runLua(args []string, in io.Reader, out io.Writer) error {
	flags := flag.NewFlagSet("lua", flag.ContinueOnError)
	customizations := flags.String("customizations", "", "an argocd-cm with resource.customizations")
	if err := flags.Parse(args); err != nil {
		return err
	}
	overrides, err := readCustomizations(*customizations)
	if err != nil {
		return err
	}
	vm := lua.VM{ResourceOverrides: overrides}
	requests, answers := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var request luaRequest
		switch err := requests.Decode(&request); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("stdin: %w", err)
		}
		answer, err := answerLua(vm, request)
		if err != nil {
			answer = map[string]string{"error": err.Error()}
		}
		if err := answers.Encode(answer); err != nil {
			return err
		}
	}
}

func answerLua(vm lua.VM, request luaRequest) (any, error) {
	if request.Object == nil {
		return nil, errors.New("a request needs an object with apiVersion and kind")
	}
	switch request.Kind {
	case "health":
		return health(vm, request)
	case "discovery":
		return discover(vm, request)
	case "action":
		return act(vm, request)
	}
	return nil, fmt.Errorf("no kind %q: there are health, discovery and action", request.Kind)
}

func health(vm lua.VM, request luaRequest) (any, error) {
	script, openLibs := request.Script, false
	if script == "" {
		var err error
		if script, openLibs, err = vm.GetHealthScript(request.Object); err != nil {
			return nil, err
		}
	}
	if script == "" {
		return map[string]string{"status": "", "message": ""}, nil
	}
	vm.UseOpenLibs = openLibs
	status, err := vm.ExecuteHealthLua(request.Object, script)
	if err != nil {
		return nil, err
	}
	return map[string]string{"status": string(status.Status), "message": status.Message}, nil
}

func discover(vm lua.VM, request luaRequest) (any, error) {
	scripts := []string{request.Script}
	if request.Script == "" {
		var err error
		if scripts, err = vm.GetResourceActionDiscovery(request.Object); err != nil {
			return nil, err
		}
	}
	actions, err := vm.ExecuteResourceActionDiscovery(request.Object, scripts)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(actions, func(a, b appv1.ResourceAction) int { return strings.Compare(a.Name, b.Name) })
	return map[string]any{"actions": actions}, nil
}

type impactedResource struct {
	Operation lua.K8SOperation           `json:"operation"`
	Resource  *unstructured.Unstructured `json:"resource"`
	Patch     json.RawMessage            `json:"patch,omitempty"`
}

func act(vm lua.VM, request luaRequest) (any, error) {
	script := request.Script
	if script == "" {
		action, err := vm.GetResourceAction(request.Object, request.Action)
		if err != nil {
			return nil, err
		}
		script = action.ActionLua
	}
	var params []*applicationpkg.ResourceActionParameters
	for name, value := range request.Params {
		params = append(params, &applicationpkg.ResourceActionParameters{Name: &name, Value: &value})
	}
	impacted, err := vm.ExecuteResourceAction(request.Object, script, params)
	if err != nil {
		return nil, err
	}
	resources := make([]impactedResource, 0, len(impacted))
	for _, each := range impacted {
		resource := impactedResource{Operation: each.K8SOperation, Resource: each.UnstructuredObj}
		if each.K8SOperation == lua.PatchOperation {
			if resource.Patch, err = mergePatch(request.Object, each.UnstructuredObj); err != nil {
				return nil, err
			}
		}
		resources = append(resources, resource)
	}
	return map[string]any{"resources": resources}, nil
}

func mergePatch(before, after *unstructured.Unstructured) (json.RawMessage, error) {
	from, err := json.Marshal(before)
	if err != nil {
		return nil, err
	}
	to, err := json.Marshal(after)
	if err != nil {
		return nil, err
	}
	return jsonpatch.CreateMergePatch(from, to)
}
