// Command telegram runs a stand-in of Telegram's Bot API on this machine, for demos and for trying things out.
//
// It prints each call that it gets. A customer writes by
//
//	curl -d '{"chat":4711,"name":"Ada","text":"Where is my parcel?"}' http://127.0.0.1:9090/_customer
//
// and package botapi's doc names the other controls.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/loket-desk/loket/infra/standin/telegram/botapi"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:9090", "address to listen on")
	token := flag.String("token", "123456789:stand-in-of-telegram", "the bot's token")
	known := flag.Bool("only-known", false, "refuse to write to chats that never wrote first, as Telegram does")
	flag.Parse()
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatalf("can't listen on %s: %v", *addr, err)
	}
	s := botapi.New(*token)
	s.OnlyKnown = *known
	fmt.Printf("Telegram's stand-in: http://%s, bot token %s\n", l.Addr(), *token)
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	go report(s)
	log.Fatal(server.Serve(l))
}

// report prints the ledger as it grows.
func report(s *botapi.Server) {
	shown := 0
	for range time.Tick(200 * time.Millisecond) {
		calls := s.Calls()
		if len(calls) < shown { // somebody emptied it
			shown = 0
		}
		for _, c := range calls[shown:] {
			fmt.Printf("%s %s chat=%d %q %s\n", c.At.Format("15:04:05.000"), c.Method, c.Chat(), c.Text(), c.Refused)
		}
		shown = len(calls)
	}
}
