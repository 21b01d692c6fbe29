package javaserver

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
)

// kind is one of the two servers: how its command line is made, and how it says that it is up.
type kind struct {
	name string
	// command gives the arguments of java and the port (0: the server picks one and prints it).
	command func(home, data string) (args []string, port int, err error)
	// ready matches the line that the server prints once its port is open; a group in it is the port.
	ready *regexp.Regexp
	// target and service address a request that changes nothing.
	target, service, contentType string
}

// jvm keeps start-up short and the heap small: the two servers share a laptop with everything else.
func jvm(heap string) []string {
	return []string{"-Xmx" + heap, "-Xss512k", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Djava.awt.headless=true"}
}

// The two servers, read only.
var (
	dynamoDB = kind{
		name: "DynamoDB Local", command: dynamoDBCommand, ready: regexp.MustCompile(`^listening (\d+)$`),
		target: "DynamoDB_20120810.ListTables", service: "dynamodb", contentType: "application/x-amz-json-1.0",
	}
	elasticMQ = kind{
		name: "ElasticMQ", command: elasticMQCommand, ready: regexp.MustCompile(`ElasticMQ server .* started in`),
		target: "AmazonSQS.ListQueues", service: "sqs", contentType: "application/x-amz-json-1.0",
	}
)

func dynamoDBCommand(home, data string) ([]string, int, error) {
	if err := hasSQLite(runtime.GOOS, runtime.GOARCH); err != nil {
		return nil, 0, err
	}
	args := append(jvm("512m"), "-Djava.library.path="+filepath.Join(home, "dynamodb"),
		"-cp", classPath(home, "dynamodb"), "LoopbackDynamoDB", "-sharedDb", "-disableTelemetry")
	if data == "" {
		return append(args, "-inMemory"), 0, nil
	}
	folder, err := dataFolder(data, "dynamodb")
	return append(args, "-dbPath", folder), 0, err
}

// hasSQLite says whether DynamoDB Local's database has a native library for a machine.
func hasSQLite(system, processor string) error {
	switch system + "/" + processor {
	case "linux/amd64", "linux/386", "darwin/amd64", "darwin/arm64":
		return nil
	}
	return fmt.Errorf("DynamoDB Local has no SQLite library for %s/%s: start one on another machine, and name it in AWS_ENDPOINT_URL_DYNAMODB", system, processor)
}

func elasticMQCommand(home, data string) ([]string, int, error) {
	port, err := freePort()
	if err != nil {
		return nil, 0, err
	}
	args := append(jvm("256m"), "-Dconfig.file="+filepath.Join(home, "launcher", "elasticmq.conf"),
		"-Dlogback.configurationFile="+filepath.Join(home, "launcher", "logback.xml"),
		"-Drest-sqs.bind-port="+strconv.Itoa(port), "-Dnode-address.port="+strconv.Itoa(port))
	if data != "" {
		folder, err := dataFolder(data, "elasticmq")
		if err != nil {
			return nil, 0, err
		}
		args = append(args, "-Dmessages-storage.enabled=true", "-Dmessages-storage.uri=jdbc:h2:"+filepath.Join(folder, "queues"))
	}
	return append(args, "-cp", classPath(home, "elasticmq"), "Guarded", "org.elasticmq.server.Main"), port, nil
}

func classPath(home, profile string) string {
	return filepath.Join(home, "launcher") + string(os.PathListSeparator) + filepath.Join(home, profile, "*")
}

func dataFolder(data, name string) (string, error) {
	folder, err := filepath.Abs(filepath.Join(data, name))
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("the data folder %s can't be made: %w", folder, err)
	}
	return folder, nil
}

// freePort finds a port that is free now. Another program can take it before the server does; start tries again then.
func freePort() (int, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("no free port on the loopback interface: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
