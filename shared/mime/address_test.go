package mime

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestAddressesAreReadAsTheyWereMeant(t *testing.T) {
	for field, want := range map[string][]Address{
		"anna@example.com":                                     {{"", "anna@example.com"}},
		"<anna@example.com>":                                   {{"", "anna@example.com"}},
		"Anna <anna@example.com>":                              {{"Anna", "anna@example.com"}},
		`"Doe, John" <john@example.com>`:                       {{"Doe, John", "john@example.com"}},
		"Doe, John <john@example.com>":                         {{"Doe, John", "john@example.com"}},
		"Doe, John <john@example.com>, b@example.com":          {{"Doe, John", "john@example.com"}, {"", "b@example.com"}},
		"john@example.com (John Doe)":                          {{"John Doe", "john@example.com"}},
		"john@example.com (John (Jack) Doe)":                   {{"John (Jack) Doe", "john@example.com"}},
		"Anna <anna@example.com>; Bert <b@example.com>":        {{"Anna", "anna@example.com"}, {"Bert", "b@example.com"}},
		"Anna <anna@example.com> Bert <b@example.com>":         {{"Anna", "anna@example.com"}, {"Bert", "b@example.com"}},
		"a@example.com b@example.com":                          {{"", "a@example.com"}, {"", "b@example.com"}},
		"Team: a@example.com, Bert <b@example.com>;":           {{"", "a@example.com"}, {"Bert", "b@example.com"}},
		"undisclosed-recipients:;":                             nil,
		"":                                                     nil,
		"Support":                                              {{"Support", ""}},
		"anna@example.com <anna@example.com>":                  {{"anna@example.com", "anna@example.com"}},
		`"anna@example.com" <anna@example.com>`:                {{"anna@example.com", "anna@example.com"}},
		"'Anna' <anna@example.com>":                            {{"Anna", "anna@example.com"}},
		"Anna <anna@example.com":                               {{"Anna", "anna@example.com"}},
		"Anna <<anna@example.com>>":                            {{"Anna", "anna@example.com"}},
		`"Anna <anna@example.com>`:                             {{"Anna", "anna@example.com"}},
		"Anna <mailto:anna@example.com>":                       {{"Anna", "anna@example.com"}},
		"mailto:anna@example.com":                              {{"", "anna@example.com"}},
		"<@one.example,@two.example:anna@example.com>":         {{"", "anna@example.com"}},
		"Anna < anna @ example.com >":                          {{"Anna", "anna@example.com"}},
		"anna @ example.com":                                   {{"", "anna@example.com"}},
		"<anna@example.com> (Anna)":                            {{"Anna", "anna@example.com"}},
		"anna(home)@example.com(work)":                         {{"work", "anna@example.com"}},
		"=?utf-8?Q?Anna_M=C3=BCller?= <anna@example.com>":      {{"Anna Müller", "anna@example.com"}},
		`"=?utf-8?Q?M=C3=BCller=2C_Anna?=" <anna@example.com>`: {{"Müller, Anna", "anna@example.com"}},
		"=?utf-8?Q?Anna_<anna=40example.com>?=":                {{"Anna", "anna@example.com"}},
		"=?utf-8?Q?a,b?= <a@example.com>":                      {{"a,b", "a@example.com"}},
		`"A \"B\" C" <a@example.com>`:                          {{`A "B" C`, "a@example.com"}},
		"a@example.com.":                                       {{"", "a@example.com"}},
		", ,a@example.com,,":                                   {{"", "a@example.com"}},
		"Jörg <jörg@mächine.example>":                          {{"Jörg", "jörg@mächine.example"}},
		"Anna <>":                                              {{"Anna", ""}},
		"a <b <c@example.com>":                                 {{"a b", "c@example.com"}},
	} {
		if got := ParseAddresses(field); !reflect.DeepEqual(got, want) {
			t.Errorf("%q\n gives %q\n  not  %q", field, got, want)
		}
	}
}

func TestAnAddressWrittenByTheBookIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := strings.Join(strings.Fields(rapid.StringMatching(`[A-Za-zäöü,.;:<>@() ]{0,30}`).Draw(t, "name")), " ")
		addr := rapid.StringMatching(`[a-z0-9._+-]{1,10}[a-z]@[a-z]{1,10}\.example`).Draw(t, "addr")
		got := ParseAddresses(`"` + name + `" <` + addr + `>, x@example.com`)
		if want := (Address{name, addr}); len(got) != 2 || got[0] != want {
			t.Fatalf("%q gave %q", want, got)
		}
	})
}

func TestHostileAddressFieldsAreBoundedAndValid(t *testing.T) {
	for _, piece := range []string{"<", "(", `"`, ",", "a@b,", "=?a?q?", "Doe, ", "<@", "((((", ";:", "a b@c "} {
		list := ParseAddresses(strings.Repeat(piece, 1<<20/len(piece)))
		if len(list) > maxAddresses {
			t.Errorf("%q repeated gives %d addresses", piece, len(list))
		}
		for _, a := range list {
			if !utf8.ValidString(a.Name) || !utf8.ValidString(a.Addr) {
				t.Fatalf("%q repeated gives invalid text", piece)
			}
		}
	}
}
