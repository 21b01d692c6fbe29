package api_test

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// attacks are ways to make a mail's HTML do something, or tell that it is being read. Each holds the word "evil" where it acts.
func attacks() []string {
	return []string{
		`<script>evil()</script>`, `<SCRIPT SRC=https://evil.example/x.js></SCRIPT>`, `<scr<script>ipt>evil()</scr</script>ipt>`, `<script/x>evil()</script>`,
		`<img src=x onerror=evil()>`, `<img src="x" OnErRoR = "evil()">`, `<img/src=x/onerror=evil()>`, `<img src="javascript:evil()">`, `<img """><script>evil()</script>">`,
		`<img srcset="https://evil.example/a 1x">`, `<img src="//evil.example/a">`, `<img src=" https://evil.example/a">`, "<img src=\"https:\n//evil.example/a\">", `<img lowsrc="https://evil.example/a" dynsrc="https://evil.example/a">`,
		`<body onload=evil()>`, `<body background="https://evil.example/a">`, `<div onmouseover="evil()">x</div>`, `<svg/onload=evil()>`, `<svg><script>evil()</script></svg>`,
		`<svg><a xlink:href="javascript:evil()"><text>x</text></a></svg>`, `<svg><style><img src=x onerror=evil()></style></svg>`, `<math><mi xlink:href="data:text/html,evil">x</mi></math>`,
		`<math><mtext><table><mglyph><style><img src=x onerror=evil()>`, `<noscript><p title="</noscript><img src=x onerror=evil()>">`, `<template><script>evil()</script></template>`,
		`<a href="javascript:evil()">x</a>`, `<a href="JaVaScRiPt:evil()">x</a>`, `<a href="&#106;avascript:evil()">x</a>`, "<a href=\"java\tscript:evil()\">x</a>", "<a href=\"\x01javascript:evil()\">x</a>",
		`<a href="java&#10;script:evil()">x</a>`, `<a href="vbscript:evil()">x</a>`, `<a href="data:text/html;base64,evil">x</a>`, `<a href="file:///evil">x</a>`, `<a href="blob:evil">x</a>`,
		`<iframe src="https://evil.example"></iframe>`, `<iframe srcdoc="<script>evil()</script>"></iframe>`, `<object data="https://evil.example"></object>`, `<embed src="https://evil.example">`,
		`<applet code="evil"></applet>`, `<frameset><frame src="https://evil.example"></frameset>`, `<form action="https://evil.example"><button>x</button></form>`, `<input type=image src="https://evil.example/a">`,
		`<button formaction="javascript:evil()">x</button>`, `<isindex action="javascript:evil()">`, `<meta http-equiv="refresh" content="0;url=https://evil.example">`, `<base href="https://evil.example/">`,
		`<link rel=stylesheet href="https://evil.example/x.css">`, `<link rel=preload as=image href="https://evil.example/x">`, `<style>@import "https://evil.example/x.css";</style>`, `<style>*{background:url(https://evil.example)}</style>`,
		`<div style="background:url(https://evil.example/a)">x</div>`, `<div style="background-image:url('https://evil.example/a')">x</div>`, `<div style="width:expression(evil())">x</div>`,
		`<div style="behavior:url(evil.htc)">x</div>`, `<div style="-moz-binding:url(https://evil.example)">x</div>`, `<div style="list-style-image:url(https://evil.example)">x</div>`,
		`<div style="font-family:'url(https://evil.example)'">x</div>`, `<div style="color:red;b\61ckground:u\72l(https://evil.example)">x</div>`, `<table background="https://evil.example/a"><tr><td background="https://evil.example/b">x</td></tr></table>`,
		`<video poster="https://evil.example/a"><source src="https://evil.example/b"></video>`, `<audio src="https://evil.example/a" autoplay></audio>`, `<video onloadstart="evil()"><source></video>`,
		`<details open ontoggle=evil()>x</details>`, `<marquee onstart=evil()>x</marquee>`, `<xmp><img src=x onerror=evil()></xmp>`, `<!--[if gte IE 4]><script>evil()</script><![endif]-->`, `<!--><script>evil()</script>-->`,
		`<![CDATA[<script>evil()</script>]]>`, `<?xml-stylesheet href="javascript:evil()"?>`, `<p title="x" id="y" data-x='"><script>evil()</script>'>x</p>`, `<textarea></textarea><script>evil()</script>`,
	}
}

func TestNothingInAMailsHTMLActsOrTellsThatItIsRead(t *testing.T) {
	s := newStack(t)
	id := mailMessage(t, s, "<p>hello</p>")
	for _, dirty := range attacks() {
		s.files.held["html/1"] = []byte("<p>before</p>" + dirty + "<p>after</p>")
		a := s.ok(s.admin, "GET", "/v1/messages/"+id+"/html", "")
		if why := acts(a.Raw); why != "" {
			t.Errorf("%s became %s: %s", dirty, a.Raw, why)
		}
		if !strings.Contains(a.Raw, "before") {
			t.Errorf("%s: what stands before it is lost: %s", dirty, a.Raw)
		}
	}
	if n := len(attacks()); n < 60 {
		t.Errorf("only %d attacks", n)
	}
}

// acts says what in HTML, as a browser reads it, does something or fetches from elsewhere; empty when nothing does.
func acts(clean string) string {
	root, err := html.Parse(strings.NewReader(clean))
	if err != nil {
		return err.Error()
	}
	for n := range root.Descendants() {
		if n.Type == html.CommentNode {
			return "a comment"
		}
		if n.Type != html.ElementNode {
			continue
		}
		if strings.Contains(" script style iframe object embed applet frame frameset form input button meta base link svg math template noscript video audio source textarea ", " "+n.Data+" ") {
			return "an element " + n.Data
		}
		for _, at := range n.Attr {
			if strings.HasPrefix(at.Key, "on") || strings.Contains(strings.ToLower(at.Val), "evil") {
				return "an attribute " + at.Key + "=" + at.Val
			}
		}
	}
	return ""
}
