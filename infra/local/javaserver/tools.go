package javaserver

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
)

const (
	oldestJava = 17
	oldJava    = "java is older than 17; install a JDK of version 17 or later (Debian, Ubuntu: openjdk-17-jdk-headless) and put it first in PATH"
)

// tool finds one of java, javac and mvn, and says in a sentence what to install where it is missing.
func tool(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err == nil {
		return path, nil
	}
	what := "a JDK of version 17 or later (Debian, Ubuntu: openjdk-17-jdk-headless)"
	if name == "mvn" {
		what = "Maven (Debian, Ubuntu: maven)"
	}
	return "", fmt.Errorf("%s was not found: the local servers for DynamoDB and SQS need it; install %s, and see that %s is in PATH", name, what, name)
}

var javaVersion = regexp.MustCompile(`version "?(\d+)(?:\.(\d+))?|javac (\d+)`)

// checkVersion fails where java or javac is older than 17 (1.8 means 8).
func checkVersion(ctx context.Context, path string) error {
	said, err := exec.CommandContext(ctx, path, "-version").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s -version failed (%w): %s", path, err, said)
	}
	m := javaVersion.FindSubmatch(said)
	if m == nil {
		return nil // an unknown build: let it try
	}
	if major, err := strconv.Atoi(string(m[1]) + string(m[3])); err == nil && major < oldestJava {
		return errors.New(oldJava)
	}
	return nil
}
