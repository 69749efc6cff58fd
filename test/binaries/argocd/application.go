package main

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/argoproj/argo-cd/gitops-engine/pkg/cache"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/sync"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/utils/kube"
	"github.com/argoproj/argo-cd/gitops-engine/pkg/utils/tracing"
	"github.com/argoproj/argo-cd/v3/common"
	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// application is what sync and diff know of an Application: where its manifests are and where they go.
type application struct {
	kubeconfig, namespace, dir, name, tracking string
	watch                                      groupKinds
}

type groupKinds []schema.GroupKind

func (g *groupKinds) String() string { return fmt.Sprint(*g) }

func (g *groupKinds) Set(text string) error {
	group, kind, found := strings.Cut(text, "/")
	if !found {
		return fmt.Errorf("%q is not GROUP/KIND", text)
	}
	*g = append(*g, schema.GroupKind{Group: group, Kind: kind})
	return nil
}

func (a *application) register(flags *flag.FlagSet) {
	flags.StringVar(&a.kubeconfig, "kubeconfig", "", "a kubeconfig")
	flags.StringVar(&a.namespace, "namespace", "", "the namespace of the Application's destination")
	flags.StringVar(&a.dir, "dir", "", "a folder of manifests")
	flags.StringVar(&a.name, "app", "app", "the name of the Application")
	flags.StringVar(&a.tracking, "tracking", "annotation", "annotation or label")
	flags.Var(&a.watch, "watch", "a further GROUP/KIND to look at")
}

func (a *application) check() error {
	if a.kubeconfig == "" || a.namespace == "" || a.dir == "" {
		return errors.New("--kubeconfig, --namespace and --dir are needed")
	}
	if a.tracking != "annotation" && a.tracking != "label" {
		return fmt.Errorf("--tracking is annotation or label, not %q", a.tracking)
	}
	return nil
}

// targets reads the manifests.
func (a *application) targets() ([]*unstructured.Unstructured, error) {
	var targets []*unstructured.Unstructured
	err := filepath.WalkDir(a.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		switch filepath.Ext(path) {
		case ".yaml", ".yml", ".json":
		default:
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		objects, err := kube.SplitYAML(text)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		targets = append(targets, objects...)
		return nil
	})
	return targets, err
}

func (a *application) mark(target *unstructured.Unstructured) {
	if a.tracking == "label" {
		labels := target.GetLabels()
		if labels == nil {
			labels = map[string]string{}
		}
		labels[common.LabelKeyAppInstance] = a.name
		target.SetLabels(labels)
		return
	}
	annotations := target.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[common.AnnotationKeyAppInstance] = a.trackingID(target)
	target.SetAnnotations(annotations)
}

func (a *application) trackingID(object *unstructured.Unstructured) string {
	namespace := object.GetNamespace()
	if namespace == "" {
		namespace = a.namespace
	}
	gvk := object.GroupVersionKind()
	return fmt.Sprintf("%s:%s/%s:%s/%s", a.name, gvk.Group, gvk.Kind, namespace, object.GetName())
}

// owns says whether a live object carries the Application's mark. A mark copied from another object names that one.
func (a *application) owns(live *unstructured.Unstructured) bool {
	if a.tracking == "label" {
		return live.GetLabels()[common.LabelKeyAppInstance] == a.name
	}
	return live.GetAnnotations()[common.AnnotationKeyAppInstance] == a.trackingID(live)
}

type onlyKinds map[schema.GroupKind]bool

func (only onlyKinds) IsExcludedResource(group, kind, _ string) bool {
	return group != "outrigger.dev" && !only[schema.GroupKind{Group: group, Kind: kind}]
}

type resourceInfo struct{ owned bool }

// comparison is one look at the cluster: each target beside its live object, and what is live and has no target.
type comparison struct {
	config  *rest.Config
	kubectl *kube.KubectlCmd
	cache   cache.ClusterCache
	result  sync.ReconciliationResult
}

func (a *application) compare() (*comparison, error) {
	targets, err := a.targets()
	if err != nil {
		return nil, err
	}
	config, err := clientcmd.BuildConfigFromFlags("", a.kubeconfig)
	if err != nil {
		return nil, err
	}
	config.QPS, config.Burst = 50, 100
	only := onlyKinds{}
	for _, target := range targets {
		only[target.GroupVersionKind().GroupKind()] = true
	}
	for _, groupKind := range a.watch {
		only[groupKind] = true
	}
	kubectl := &kube.KubectlCmd{Log: logr.Discard(), Tracer: tracing.NopTracer{}}
	clusterCache := cache.NewClusterCache(config,
		cache.SetKubectl(kubectl),
		cache.SetLogr(logr.Discard()),
		cache.SetNamespaces([]string{a.namespace}),
		cache.SetClusterResources(true),
		cache.SetSettings(cache.Settings{ResourceHealthOverride: cache.NewNoopSettings(), ResourcesFilter: only}),
		cache.SetPopulateResourceInfoHandler(func(live *unstructured.Unstructured, _ bool) (any, bool) {
			owned := a.owns(live)
			return resourceInfo{owned}, owned
		}))
	if err := clusterCache.EnsureSynced(); err != nil {
		return nil, err
	}
	for _, target := range targets {
		if target.GetNamespace() == "" && kube.IsNamespacedOrUnknown(clusterCache, target.GroupVersionKind().GroupKind()) {
			target.SetNamespace(a.namespace)
		}
		a.mark(target)
	}
	live, err := clusterCache.GetManagedLiveObjs(targets, func(r *cache.Resource) bool {
		info, ok := r.Info.(resourceInfo)
		// What has an owner is its owner's.
		return ok && info.owned && len(r.OwnerRefs) == 0
	})
	if err != nil {
		return nil, err
	}
	return &comparison{config, kubectl, clusterCache, sync.Reconcile(targets, live, a.namespace, clusterCache)}, nil
}
