package mime

import (
	"strings"
	"testing"
)

func TestQuotationsThatClientsMarkInHTMLAreHidden(t *testing.T) {
	for name, page := range map[string]string{
		"Gmail":       `<div dir="ltr">Yes, please.</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">Ann, some day:<br></div><blockquote class="gmail_quote" style="margin:0">Shall I?</blockquote></div>`,
		"Outlook web": `<div>Yes, please.</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg" dir="ltr"><b>From:</b> Ann</div><div>Shall I?</div>`,
		"nested":      `<p>Yes, please.</p><div id="x_divRplyFwdMsg">Ann</div><p>Shall I?</p>`,
		"Hotmail":     `<p>Yes, please.</p><hr id="stopSpelling">Date: today<br>Shall I?`,
		"Outlook.com": `<p>Yes, please.</p><table class="OutlookMessageHeader"><tr><td>From Ann</td></tr></table><p>Shall I?</p>`,
		"Apple Mail":  `<body>Yes, please.<div><blockquote type="cite"><div>Shall I?</div></blockquote></div></body>`,
		"Thunderbird": `<p>Yes, please.</p><div class="moz-cite-prefix">Ann, some day:<br></div><blockquote type="cite" cite="mid:1@example.com">Shall I?</blockquote>`,
		"Yahoo":       `<div>Yes, please.</div><div id="yahoo_quoted_123" class="yahoo_quoted"><div>Ann</div><div>Shall I?</div></div>`,
		"Proton":      `<div>Yes, please.</div><div class="protonmail_quote">Ann<blockquote type="cite">Shall I?</blockquote></div>`,
		"GMX":         `<div>Yes, please.</div><div name="quote"><b>Ann</b><div>Shall I?</div></div>`,
		"Mac Outlook": `<div>Yes, please.</div><span id="OLK_SRC_BODY_SECTION"><span>Ann</span><div>Shall I?</div></span>`,
		"signature":   `<div>Yes, please.</div><div class="gmail_signature"><div>Ann</div>Example Ltd</div>`,
		"iPhone":      `<div>Yes, please.</div><div id="AppleMailSignature">Ann</div><blockquote type="cite">Shall I?</blockquote>`,
		"unclosed":    `<div>Yes, please.</div><blockquote type="cite">Shall I?`,
	} {
		if got := VisibleText("", page); got != "Yes, please." {
			t.Errorf("%s shows %q", name, got)
		}
	}
}

func TestAnswersInHTMLBetweenQuotationsStay(t *testing.T) {
	page := `<div class="gmail_quote"><div class="gmail_attr">Ann wrote:</div><blockquote class="gmail_quote">How many?</blockquote>
<div>Twenty.</div><blockquote class="gmail_quote">When?</blockquote><div>On Monday.</div></div>`
	if got := strings.Join(strings.Fields(VisibleText("", page)), " "); got != "Twenty. On Monday." {
		t.Errorf("shows %q", got)
	}
}

func TestAForwardedMailInHTMLStays(t *testing.T) {
	page := `<div>Please see.</div><div class="gmail_quote"><div dir="ltr" class="gmail_attr">---------- Forwarded message ---------<br>From: <b>Ann</b> &lt;ann@example.com&gt;<br>Date: Fri, May 3, 2024<br>Subject: Boxes<br>To: bob@example.com<br></div>Twenty boxes.</div>`
	if got := VisibleText("", page); !strings.Contains(got, "Please see.") || !strings.Contains(got, "Twenty boxes.") {
		t.Errorf("shows %q", got)
	}
}

func TestAnIndentedParagraphIsNoQuotation(t *testing.T) {
	page := `<p>One.</p><blockquote style="margin-left:40px">Two.</blockquote>`
	if got := withoutQuotes(page); got != page {
		t.Errorf("became %q", got)
	}
}

func TestHTMLHelpsWhereTheTextShowsNoQuotation(t *testing.T) {
	page := `<div>Yes, please.</div><div class="yahoo_quoted">Ann, once upon a time:<div>Shall I?</div></div>`
	if got := VisibleText("Yes, please.\n\nAnn, once upon a time:\n\nShall I?", page); got != "Yes, please." {
		t.Errorf("shows %q", got)
	}
	if got := VisibleText("Yes, please.", `<div>Yes, please.</div>`); got != "Yes, please." {
		t.Errorf("without marks shows %q", got)
	}
	if got := VisibleText("All of it.", `<blockquote type="cite">All of it.</blockquote>`); got != "All of it." {
		t.Errorf("all marked shows %q", got)
	}
}

func TestAPageWithoutTextShowsNothing(t *testing.T) {
	if got := VisibleText(" \n", ""); got != "" {
		t.Errorf("shows %q", got)
	}
	if got := VisibleText("", `<blockquote type="cite">Only this.</blockquote>`); !strings.Contains(got, "Only this.") {
		t.Errorf("only a quotation shows %q", got)
	}
}
