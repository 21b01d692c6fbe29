// Hello is the smallest function there is: what sizes and start-up times are measured against.
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	lambda.Start(func(context.Context, map[string]string) (string, error) { return "hello", nil })
}
