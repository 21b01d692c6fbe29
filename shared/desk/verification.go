package desk

import "time"

// Verification is a code under way to a mail address of the company: whoever can read the address's mail may send by it.
// The code itself is kept nowhere: it is made of Seed under the stack's key, by who sends it and by who checks it.
type Verification struct {
	Channel ChannelID `json:"ch"`
	Address string    `json:"address"` // in lower case
	Seed    string    `json:"seed"`
	At      time.Time `json:"t"`
}

// The bounds of a verification.
const (
	VerificationFor   = 30 * time.Minute // how long a code is good
	VerificationTries = 5                // how many codes may be given
	VerificationPause = time.Minute      // before another may be asked for
)

// Forwarding is what was seen of the forwarding from an address of the company to its inbox. Zero times are never.
type Forwarding struct {
	SeenAt    time.Time // when a mail last came by it
	Confirm   string    // a forwarding service's demand to confirm it, with its link and code
	ConfirmAt time.Time
}
