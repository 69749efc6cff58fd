package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	appv1 "github.com/argoproj/argo-cd/v3/pkg/apis/application/v1alpha1"
	"sigs.k8s.io/yaml"
)

// readCustomizations reads the keys resource.customizations.<type>.<group_kind> of an argocd-cm.
func readCustomizations(path string) (map[string]appv1.ResourceOverride, error) {
	overrides := map[string]appv1.ResourceOverride{}
	if path == "" {
		return overrides, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var configMap struct {
		Data map[string]string `json:"data"`
	}
	if err := yaml.Unmarshal(text, &configMap); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for key, value := range configMap.Data {
		rest, found := strings.CutPrefix(key, "resource.customizations.")
		if !found {
			continue
		}
		kind, groupKind, found := strings.Cut(rest, ".")
		if !found {
			return nil, fmt.Errorf("%s: the key %s names no kind", path, key)
		}
		name := strings.Replace(groupKind, "_", "/", 1)
		override := overrides[name]
		switch kind {
		case "health":
			override.HealthLua = value
		case "actions":
			override.Actions = value
		case "useOpenLibs":
			if override.UseOpenLibs, err = strconv.ParseBool(value); err != nil {
				return nil, fmt.Errorf("%s: %s: %w", path, key, err)
			}
		default:
			return nil, fmt.Errorf("%s: the key %s is of no type that is read here", path, key)
		}
		overrides[name] = override
	}
	return overrides, nil
}
