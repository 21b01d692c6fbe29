package template

import (
	"fmt"
	"strings"
)

// Names are the values behind references: logical id → attribute → value; the attribute "" is what !Ref yields.
type Names map[string]map[string]string

// A reference stands between NUL bytes, which no YAML file can hold.
const mark = "\x00"

func reference(id, attribute string) string {
	return mark + id + "." + attribute + mark
}

// Expand puts values in place of the references that s holds.
func (n Names) Expand(s string) (string, error) {
	parts := strings.Split(s, mark)
	for i := 1; i < len(parts); i += 2 {
		id, attribute, _ := strings.Cut(parts[i], ".")
		value, ok := n[id][attribute]
		if !ok {
			return "", fmt.Errorf("the runner has no value for %s.%s of the template", id, attribute)
		}
		parts[i] = value
	}
	return strings.Join(parts, ""), nil
}

// Referred says which resource, and which attribute of it, s is; ok is false where s is anything else.
func Referred(s string) (id, attribute string, ok bool) {
	parts := strings.Split(s, mark)
	if len(parts) != 3 || parts[0] != "" || parts[2] != "" {
		return "", "", false
	}
	id, attribute, _ = strings.Cut(parts[1], ".")
	return id, attribute, true
}

func holdsReference(s string) bool { return strings.Contains(s, mark) }
