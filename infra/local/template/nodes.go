package template

import "go.yaml.in/yaml/v3"

type pair struct{ key, value *yaml.Node }

// pairs lists a mapping's entries in the order of the file; nothing for what is no mapping.
func pairs(n *yaml.Node) []pair {
	n = follow(n)
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	out := make([]pair, 0, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		out = append(out, pair{n.Content[i], follow(n.Content[i+1])})
	}
	return out
}

// field is the value of a mapping's key, nil where it is absent.
func field(n *yaml.Node, key string) *yaml.Node {
	for _, p := range pairs(n) {
		if p.key.Value == key {
			return p.value
		}
	}
	return nil
}

// follow goes through YAML's own aliases.
func follow(n *yaml.Node) *yaml.Node {
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// scalar makes an untyped scalar: it fits a string as well as a number, as CloudFormation has it.
func scalar(line int, value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Value: value, Line: line}
}

func boolean(line int, b bool) *yaml.Node {
	if b {
		return scalar(line, "true")
	}
	return scalar(line, "false")
}

// merge lays own over global by SAM's rules: mappings are merged, lists joined, scalars replaced.
func merge(global, own *yaml.Node) *yaml.Node {
	global, own = follow(global), follow(own)
	switch {
	case global == nil:
		return own
	case own == nil:
		return global
	case global.Tag != "!!map" && global.Tag != "!!seq", global.Tag != own.Tag:
		return own
	case global.Kind == yaml.SequenceNode:
		joined := *own
		joined.Content = append(append([]*yaml.Node{}, global.Content...), own.Content...)
		return &joined
	}
	merged := *own
	merged.Content = nil
	for _, p := range pairs(global) {
		value := merge(p.value, field(own, p.key.Value))
		merged.Content = append(merged.Content, p.key, value)
	}
	for _, p := range pairs(own) {
		if field(global, p.key.Value) == nil {
			merged.Content = append(merged.Content, p.key, p.value)
		}
	}
	return &merged
}
