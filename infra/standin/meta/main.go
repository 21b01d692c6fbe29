// Command meta runs a stand-in of Meta's Graph API on this machine, for demos and for trying things out: one WhatsApp
// number, one page and one Instagram account under one app. Connect a channel with apiBase set to its address, then
//
//	curl -d '{"account":"1001","hook":"http://127.0.0.1:8080/hooks/…"}' http://127.0.0.1:9091/_hook
//	curl -d '{"account":"1001","from":"31201234567","name":"Ada","text":"Where is my parcel?"}' http://127.0.0.1:9091/_customer
//
// tells where the channel's webhook is, and makes a customer write.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/loket-desk/loket/infra/standin/meta/graph"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:9091", "address to listen on")
	token := flag.String("token", "stand-in-token", "the tokens' beginning: -whatsapp, -page or -instagram follows")
	secret := flag.String("secret", "stand-in-secret", "the app secret")
	flag.Parse()
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatalf("can't listen on %s: %v", *addr, err)
	}
	s := graph.New()
	for i, kind := range []string{graph.WhatsApp, graph.Page, graph.Instagram} {
		a := graph.Account{
			Kind: kind, ID: fmt.Sprint(1001 + i), Business: "9001", Name: "Stand-in " + kind, Number: "+31 20 000 000" + fmt.Sprint(i),
			Token: *token + "-" + kind, Secret: *secret, AppID: "4711", Reports: true,
		}
		s.Add(a)
		fmt.Printf("%s %s, token %s, app secret %s\n", kind, a.ID, a.Token, a.Secret)
	}
	fmt.Printf("Meta's stand-in: http://%s\n", l.Addr())
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.Serve(l))
}
