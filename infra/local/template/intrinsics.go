package template

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// intrinsic takes a node apart that is a function call, in the short (!Sub) or the long form (Fn::Sub).
func intrinsic(n *yaml.Node) (name string, arg *yaml.Node, ok bool) {
	if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
		plain := *n
		switch n.Kind {
		case yaml.MappingNode:
			plain.Tag = "!!map"
		case yaml.SequenceNode:
			plain.Tag = "!!seq"
		default:
			plain.Tag = "!!str"
		}
		return strings.TrimPrefix(n.Tag, "!"), &plain, true
	}
	if n.Kind != yaml.MappingNode || len(n.Content) != 2 {
		return "", nil, false
	}
	key := n.Content[0].Value
	if key == "Ref" || strings.HasPrefix(key, "Fn::") {
		return strings.TrimPrefix(key, "Fn::"), follow(n.Content[1]), true
	}
	return "", nil, false
}

// value computes a node: every function call replaced by its result. nil means AWS::NoValue.
func (e *evaluator) value(n *yaml.Node) (*yaml.Node, error) {
	n = follow(n)
	if name, arg, ok := intrinsic(n); ok {
		return e.call(name, arg)
	}
	switch n.Kind {
	case yaml.MappingNode:
		return e.mapping(n)
	case yaml.SequenceNode:
		return e.sequence(n)
	}
	return scalar(n.Line, n.Value), nil
}

func (e *evaluator) mapping(n *yaml.Node) (*yaml.Node, error) {
	out := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: n.Line}
	for _, p := range pairs(n) {
		v, err := e.value(p.value)
		if err != nil {
			return nil, err
		}
		if v != nil {
			out.Content = append(out.Content, p.key, v)
		}
	}
	return out, nil
}

func (e *evaluator) sequence(n *yaml.Node) (*yaml.Node, error) {
	out := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Line: n.Line}
	for _, c := range n.Content {
		v, err := e.value(c)
		if err != nil {
			return nil, err
		}
		if v != nil {
			out.Content = append(out.Content, v)
		}
	}
	return out, nil
}

func (e *evaluator) call(name string, arg *yaml.Node) (*yaml.Node, error) {
	switch name {
	case "Ref":
		return e.ref(arg.Line, arg.Value)
	case "GetAtt":
		return e.getAtt(arg)
	case "Sub":
		return e.sub(arg)
	case "If":
		return e.choose(arg)
	case "Equals", "Not", "And", "Or", "Condition":
		b, err := e.truth(name, arg)
		return boolean(arg.Line, b), err
	case "Join":
		return e.join(arg)
	case "Select":
		return e.selected(arg)
	case "Split":
		return e.split(arg)
	case "FindInMap":
		return e.findInMap(arg)
	}
	return nil, faultAt(arg.Line, "the local runner does not know the function %s", name)
}

// arguments are a call's evaluated arguments, of which there must be n.
func (e *evaluator) arguments(name string, arg *yaml.Node, n int) ([]*yaml.Node, error) {
	if arg.Kind != yaml.SequenceNode || len(arg.Content) != n {
		return nil, faultAt(arg.Line, "%s takes a list of %d", name, n)
	}
	v, err := e.sequence(arg)
	if err != nil {
		return nil, err
	}
	if len(v.Content) != n {
		return nil, faultAt(arg.Line, "%s can't take AWS::NoValue", name)
	}
	return v.Content, nil
}

func (e *evaluator) getAtt(arg *yaml.Node) (*yaml.Node, error) {
	path := arg.Value
	if arg.Kind == yaml.SequenceNode && len(arg.Content) == 2 {
		path = arg.Content[0].Value + "." + arg.Content[1].Value
	}
	id, attribute, ok := strings.Cut(path, ".")
	if !ok {
		return nil, faultAt(arg.Line, "GetAtt needs a resource and an attribute")
	}
	v, err := e.attribute(arg.Line, id, attribute)
	return scalar(arg.Line, v), err
}

// sub fills ${Name}, ${Resource.Attribute} and its own variables; ${!Name} stays as ${Name}.
func (e *evaluator) sub(arg *yaml.Node) (*yaml.Node, error) {
	text, own := arg, (*yaml.Node)(nil)
	if arg.Kind == yaml.SequenceNode {
		if len(arg.Content) != 2 {
			return nil, faultAt(arg.Line, "Sub takes a text, or a list of a text and its variables")
		}
		text, own = arg.Content[0], arg.Content[1]
	}
	var out strings.Builder
	rest := text.Value
	for {
		before, after, found := strings.Cut(rest, "${")
		out.WriteString(before)
		if !found {
			return scalar(arg.Line, out.String()), nil
		}
		name, tail, closed := strings.Cut(after, "}")
		if !closed {
			return nil, faultAt(arg.Line, "Sub has a ${ without its }")
		}
		v, err := e.variable(arg.Line, name, own)
		if err != nil {
			return nil, err
		}
		out.WriteString(v)
		rest = tail
	}
}

func (e *evaluator) variable(line int, name string, own *yaml.Node) (string, error) {
	if literal, ok := strings.CutPrefix(name, "!"); ok {
		return "${" + literal + "}", nil
	}
	if n := field(own, name); n != nil {
		v, err := e.value(n)
		if err != nil || v == nil {
			return "", err
		}
		return v.Value, nil
	}
	if id, attribute, ok := strings.Cut(name, "."); ok {
		return e.attribute(line, id, attribute)
	}
	v, err := e.ref(line, name)
	if err != nil {
		return "", err
	}
	if v == nil || v.Kind != yaml.ScalarNode {
		return "", faultAt(line, "Sub can't put %s, which is no text, into a text", name)
	}
	return v.Value, nil
}

func (e *evaluator) choose(arg *yaml.Node) (*yaml.Node, error) {
	if arg.Kind != yaml.SequenceNode || len(arg.Content) != 3 {
		return nil, faultAt(arg.Line, "If takes a list of 3")
	}
	yes, err := e.condition(arg.Line, arg.Content[0].Value)
	if err != nil {
		return nil, err
	}
	if yes {
		return e.value(arg.Content[1])
	}
	return e.value(arg.Content[2])
}

func (e *evaluator) join(arg *yaml.Node) (*yaml.Node, error) {
	args, err := e.arguments("Join", arg, 2)
	if err != nil {
		return nil, err
	}
	var parts []string
	for _, p := range args[1].Content {
		parts = append(parts, p.Value)
	}
	return scalar(arg.Line, strings.Join(parts, args[0].Value)), nil
}

func (e *evaluator) selected(arg *yaml.Node) (*yaml.Node, error) {
	args, err := e.arguments("Select", arg, 2)
	if err != nil {
		return nil, err
	}
	i, err := strconv.Atoi(args[0].Value)
	if err != nil || i < 0 || i >= len(args[1].Content) {
		return nil, faultAt(arg.Line, "Select has no element %s", args[0].Value)
	}
	return args[1].Content[i], nil
}

func (e *evaluator) split(arg *yaml.Node) (*yaml.Node, error) {
	args, err := e.arguments("Split", arg, 2)
	if err != nil {
		return nil, err
	}
	if holdsReference(args[1].Value) {
		return nil, faultAt(arg.Line, "the local runner can't split a resource's name or address, which it only knows later")
	}
	out := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Line: arg.Line}
	for _, p := range strings.Split(args[1].Value, args[0].Value) {
		out.Content = append(out.Content, scalar(arg.Line, p))
	}
	return out, nil
}

func (e *evaluator) findInMap(arg *yaml.Node) (*yaml.Node, error) {
	args, err := e.arguments("FindInMap", arg, 3)
	if err != nil {
		return nil, err
	}
	found := field(field(field(e.mappings, args[0].Value), args[1].Value), args[2].Value)
	if found == nil {
		return nil, faultAt(arg.Line, "the template's Mappings have no %s.%s.%s", args[0].Value, args[1].Value, args[2].Value)
	}
	return e.value(found)
}
