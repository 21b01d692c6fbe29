// Command line runs a stand-in of LINE's Messaging API on this machine, for demos and for trying things out.
//
// A person writes by
//
//	curl -d '{"user":"U206d25c2ea6bd87c17655609a1c37cb8","text":"Where is my parcel?"}' http://127.0.0.1:9093/_person
//
// and http://127.0.0.1:9093/_messages shows what was sent.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/loket-desk/loket/infra/standin/line/api"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:9093", "address to listen on")
	token := flag.String("token", "stand-in-of-line", "the channel access token")
	secret := flag.String("secret", "secret-of-the-stand-in", "the channel secret")
	flag.Parse()
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatalf("can't listen on %s: %v", *addr, err)
	}
	fmt.Printf("LINE's stand-in: http://%s, access token %s, channel secret %s\n", l.Addr(), *token, *secret)
	server := &http.Server{Handler: api.New("U00000000000000000000000000000001", *token, *secret), ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.Serve(l))
}
