package main

import (
	"io"
	"testing"
)

func TestTheCommandLineHasDefaults(t *testing.T) {
	o, err := parseOptions(nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if o.template != "template.yaml" || o.http != ":8080" || o.smtp != ":2525" || o.dir != ".local" || o.bin != ".local/build" || o.data != "" || o.json {
		t.Errorf("got %+v", o)
	}
}

func TestTheCommandLineIsRead(t *testing.T) {
	o, err := parseOptions([]string{"-dir", "d", "-data", "d/data", "-relay", "mail.example.com:25", "-json", "-param", "A=1", "-param", "B=x=y"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if o.bin != "d/build" || o.data != "d/data" || o.relay != "mail.example.com:25" || !o.json || o.parameters["A"] != "1" || o.parameters["B"] != "x=y" {
		t.Errorf("got %+v", o)
	}
}
