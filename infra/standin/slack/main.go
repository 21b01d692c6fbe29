// Command slack runs a stand-in of Slack's Web API on this machine, for demos and for trying things out.
//
// Say where events go, which a person does in Slack's own pages, and then somebody writes:
//
//	curl -d '{"url":"http://localhost:8080/hooks/…"}' http://127.0.0.1:9094/_url
//	curl -d '{"user":"U1","channel":"C1","text":"Where is my parcel?"}' http://127.0.0.1:9094/_person
//
// http://127.0.0.1:9094/_posts shows what was sent.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/loket-desk/loket/infra/standin/slack/web"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:9094", "address to listen on")
	token := flag.String("token", "xoxb-stand-in-of-slack", "the bot's token")
	secret := flag.String("secret", "secret-of-the-stand-in", "the signing secret")
	flag.Parse()
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatalf("can't listen on %s: %v", *addr, err)
	}
	fmt.Printf("Slack's stand-in: http://%s, bot token %s, signing secret %s, channel C1\n", l.Addr(), *token, *secret)
	server := &http.Server{Handler: web.New("T111", *token, *secret, "C1"), ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.Serve(l))
}
