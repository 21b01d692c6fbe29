// Command twilio runs a stand-in of Twilio's REST API on this machine, for demos and for trying things out.
//
// A customer writes by
//
//	curl -d '{"from":"+15550001111","to":"+15552223333","body":"Where is my parcel?"}' http://127.0.0.1:9092/_customer
//
// and http://127.0.0.1:9092/_messages shows what was sent.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/loket-desk/loket/infra/standin/twilio/rest"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:9092", "address to listen on")
	sid := flag.String("sid", "AC00000000000000000000000000000001", "the account's SID")
	token := flag.String("token", "stand-in-of-twilio", "the account's auth token")
	number := flag.String("number", "+15552223333", "the account's phone number, which is its WhatsApp sender too")
	flag.Parse()
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatalf("can't listen on %s: %v", *addr, err)
	}
	s := rest.New(*sid, *token, *number)
	s.Sender("whatsapp:" + *number)
	fmt.Printf("Twilio's stand-in: http://%s, account %s, token %s, number %s\n", l.Addr(), *sid, *token, *number)
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.Serve(l))
}
