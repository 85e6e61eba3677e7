// Checks Kubernetes objects against the definitions of their kinds, by the API server's own code:
// what it would refuse, and fields that it would drop.
//
//	kubernetes-schema CRDS... <OBJECTS
//
// CRDS are YAML files of CustomResourceDefinitions; standard input has YAML documents. Prints a
// line a problem, and a line an object that is right. Exit: 0 all are right; 1 one is not; 2 the
// definitions or the documents can't be read.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	metavalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apimachinery/pkg/util/yaml"
	sigsyaml "sigs.k8s.io/yaml"
)

// What one version of a kind must be like.
type definition struct {
	schema     *apiextensions.CustomResourceValidation
	structural *schema.Structural
	namespaced bool
}

// By "group/version, Kind".
type definitions map[string]definition

// Calls f with every document of the text that is not empty.
func eachDocument(text io.Reader, f func([]byte) error) error {
	reader := yaml.NewYAMLReader(bufio.NewReader(text))
	for {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var content any
		if err := sigsyaml.Unmarshal(document, &content); err != nil {
			return err
		}
		if content == nil {
			continue
		}
		if err := f(document); err != nil {
			return err
		}
	}
}

func (all definitions) add(document []byte) error {
	var written apiextensionsv1.CustomResourceDefinition
	if err := sigsyaml.Unmarshal(document, &written); err != nil {
		return err
	}
	if written.Kind != "CustomResourceDefinition" {
		return fmt.Errorf("%s %s is no CustomResourceDefinition", written.Kind, written.Name)
	}
	var crd apiextensions.CustomResourceDefinition
	err := apiextensionsv1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(
		&written, &crd, nil)
	if err != nil {
		return err
	}
	for _, version := range crd.Spec.Versions {
		if !version.Served {
			continue
		}
		validation, err := apiextensions.GetSchemaForVersion(&crd, version.Name)
		if err != nil {
			return err
		}
		structural, err := schema.NewStructural(validation.OpenAPIV3Schema)
		if err != nil {
			return fmt.Errorf("%s: %w", written.Name, err)
		}
		name := fmt.Sprintf("%s/%s, %s", crd.Spec.Group, version.Name, crd.Spec.Names.Kind)
		all[name] = definition{validation, structural, crd.Spec.Scope == apiextensions.NamespaceScoped}
	}
	return nil
}

// What the API server would say of the object; in its order: unknown fields, then the schema.
func (d definition) problems(object *unstructured.Unstructured) ([]string, error) {
	var found []string
	unknown := pruning.PruneWithOptions(object.Object, d.structural, true,
		schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	for _, path := range unknown {
		found = append(found, "unknown field "+path)
	}
	defaulting.Default(object.Object, d.structural)
	validator, _, err := validation.NewSchemaValidator(d.schema)
	if err != nil {
		return nil, err
	}
	if object.GetNamespace() == "" && d.namespaced {
		object.SetNamespace("default")
	}
	errs := metavalidation.ValidateObjectMetaAccessor(object, d.namespaced,
		metavalidation.NameIsDNSSubdomain, field.NewPath("metadata"))
	errs = append(errs, validation.ValidateCustomResource(nil, object.Object, validator)...)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, d.structural, object.Object)...)
	if rules := cel.NewValidator(d.structural, true, cel.PerCallLimit); rules != nil {
		broken, _ := rules.Validate(context.Background(), nil, d.structural, object.Object, nil,
			cel.RuntimeCELCostBudget)
		errs = append(errs, broken...)
	}
	for _, err := range errs {
		found = append(found, err.Error())
	}
	return found, nil
}

func run(files []string, objects io.Reader) (wrong bool, err error) {
	known := definitions{}
	for _, file := range files {
		text, err := os.Open(file)
		if err != nil {
			return false, err
		}
		err = eachDocument(text, known.add)
		text.Close()
		if err != nil {
			return false, fmt.Errorf("%s: %w", file, err)
		}
	}
	count := 0
	err = eachDocument(objects, func(document []byte) error {
		count++
		json, err := sigsyaml.YAMLToJSONStrict(document)
		if err != nil {
			return err
		}
		object := &unstructured.Unstructured{}
		if err := object.UnmarshalJSON(json); err != nil {
			return fmt.Errorf("object %d: %w", count, err)
		}
		title := fmt.Sprintf("%s, %s", object.GetAPIVersion(), object.GetKind())
		kind, ok := known[title]
		if !ok {
			return fmt.Errorf("object %d: no definition of %s", count, title)
		}
		found, err := kind.problems(object)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			fmt.Printf("%s %s: right\n", title, object.GetName())
		}
		for _, problem := range found {
			wrong = true
			fmt.Printf("%s %s: %s\n", title, object.GetName(), problem)
		}
		return nil
	})
	if err == nil && count == 0 {
		err = errors.New("no object on standard input")
	}
	return wrong, err
}

func main() {
	wrong, err := run(os.Args[1:], os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, "kubernetes-schema:", err)
		os.Exit(2)
	}
	if wrong {
		os.Exit(1)
	}
}
