package all_test

import (
	"testing"

	"github.com/loket-desk/loket/shared/channel/all"
	"github.com/loket-desk/loket/shared/desk"
)

func TestEveryKindIsWholeAndFoundByItsType(t *testing.T) {
	seen := map[desk.ChannelType]bool{}
	for _, k := range all.All() {
		if k.Channel == nil || k.Type == "" || k.Name == "" || k.Description == "" || seen[k.Type] {
			t.Errorf("the kind %q is incomplete or listed twice: %+v", k.Type, k)
		}
		seen[k.Type] = true
		if found, ok := all.Find(k.Type); !ok || found.Name != k.Name {
			t.Errorf("the kind %q is not found by its type", k.Type)
		}
		for _, f := range k.Fields {
			if f.Name == "" || f.Label == "" {
				t.Errorf("the kind %q has a field without name or label: %+v", k.Type, f)
			}
		}
		if k.Capabilities.TextLimit > 0 && k.Capabilities.TextUnit == "" {
			t.Errorf("the kind %q has a text limit without a unit", k.Type)
		}
	}
}

func TestAnUnknownTypeIsNotFound(t *testing.T) {
	for _, name := range []desk.ChannelType{"", "pigeon", "custom:"} {
		if _, ok := all.Find(name); ok {
			t.Errorf("%q was found", name)
		}
	}
}

func TestAKindThatIsMadeForSendingIsFoundInTheDescribedOnesPlace(t *testing.T) {
	made := all.All()[0]
	made.Name = "made"
	find := all.With(made)
	if k, ok := find(made.Type); !ok || k.Name != "made" {
		t.Errorf("%q was found for %q", k.Name, made.Type)
	}
	if k, ok := find(all.All()[1].Type); !ok || k.Type != all.All()[1].Type {
		t.Errorf("the others are found no more: %q", k.Type)
	}
	if _, ok := find("pigeon"); ok {
		t.Error("an unknown type was found")
	}
}
