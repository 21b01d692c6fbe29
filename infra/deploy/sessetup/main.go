// Command sessetup makes a deployed stack's mail domain work with Amazon SES, as far as AWS lets a program do it, and
// says in words what is left for a person. It is safe to run again, and is, until nothing is left.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/loket-desk/loket/shared/aws"
	"github.com/loket-desk/loket/shared/config"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	stack := flag.String("stack", "loket", "the name of the stack")
	replace := flag.Bool("replace", false, "take the place of another active receipt rule set")
	flag.Parse()
	if err := run(ctx, os.Stdout, *stack, *replace, net.DefaultResolver); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // nothing is left to stop
	}
}

// names asks the domain name system; net.Resolver does.
type names interface {
	LookupHost(ctx context.Context, host string) ([]string, error)
	LookupMX(ctx context.Context, domain string) ([]*net.MX, error)
}

// setup is one run of the command.
type setup struct {
	ses    mailService
	dns    names
	out    io.Writer
	domain string
	region string
	rules  string // the stack's receipt rule set
	left   []string
}

// run does each step and says what it found. An error is what keeps mail from ever working as things are.
func run(ctx context.Context, out io.Writer, stack string, replace bool, dns names) error {
	cfg, err := config.Read()
	if err != nil {
		return err
	}
	if cfg.MailDomain == "" {
		return fmt.Errorf("the stack %s takes no mail: run `make deploy` with the parameter MailDomain set to a domain or sub-domain that is yours", stack)
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	s := &setup{ses: mailService{aws.New(cfg)}, dns: dns, out: out, domain: cfg.MailDomain, region: cfg.Region, rules: stack + "-mail"}
	steps := []func(context.Context) error{
		s.checkRegion, s.identify, s.exchange, func(ctx context.Context) error { return s.activate(ctx, replace) }, s.checkAccount,
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	s.conclude()
	return nil
}

func (s *setup) say(format string, args ...any) {
	_, _ = fmt.Fprintf(s.out, format+"\n", args...) // whoever closed the output wants no more of it
}

func (s *setup) leave(format string, args ...any) {
	s.left = append(s.left, fmt.Sprintf(format, args...))
}

func (s *setup) conclude() {
	if len(s.left) == 0 {
		s.say("\nAll done. Write a mail to inbox@%s: it is in the inbox within seconds.", s.domain)
		return
	}
	s.say("\nLeft to do, by you:")
	for i, words := range s.left {
		s.say("  %d. %s", i+1, words)
	}
	s.say("Then run `make ses-setup` again: it tells what is still missing.")
}
