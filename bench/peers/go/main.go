// The AWS SDK for Go as a poller: many goroutines call ListTaskInstances back to back.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/mwaaserverless"
)

type tally struct {
	left, errors, items atomic.Int64
	firstError          sync.Once
}

func (t *tally) failed(why string) {
	t.errors.Add(1)
	t.firstError.Do(func() { fmt.Fprintln(os.Stderr, "first error:", why) })
}

func poller(client *mwaaserverless.Client, expected int, t *tally) {
	for t.left.Add(-1) >= 0 {
		page, err := client.ListTaskInstances(context.Background(), &mwaaserverless.ListTaskInstancesInput{
			WorkflowArn: aws.String("arn:aws:airflow-serverless:us-east-1:123456789012:workflow/etl-nightly-Ab12Cd34Ef"),
			RunId:       aws.String("run-finished"),
			MaxResults:  aws.Int32(100),
		})
		if err != nil {
			t.failed(err.Error())
			continue
		}
		count := len(page.TaskInstances)
		t.items.Add(int64(count))
		decoded := true
		if count > 0 {
			last := page.TaskInstances[count-1]
			decoded = aws.ToString(last.TaskInstanceId) != "" && last.Status != ""
		}
		if count != expected || !decoded {
			t.failed(fmt.Sprintf("a page of %d items, not %d", count, expected))
		}
	}
}

func run(client *mwaaserverless.Client, concurrency, requests, expected int) *tally {
	t := &tally{}
	t.left.Store(int64(requests))
	var pollers sync.WaitGroup
	for range concurrency {
		pollers.Add(1)
		go func() {
			defer pollers.Done()
			poller(client, expected, t)
		}()
	}
	pollers.Wait()
	return t
}

// User and system time of the process.
func cpu() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func maxRssKib() (kib int) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		panic(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	fmt.Sscan(rest, &kib)
	return kib
}

func version(module string) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, each := range info.Deps {
			if each.Path == module {
				return each.Version
			}
		}
	}
	return "?"
}

func main() {
	endpoint := flag.String("endpoint-url", "", "")
	authority := flag.String("ca-bundle", "", "")
	concurrency := flag.Int("concurrency", 1, "")
	requests := flag.Int("requests", 1, "")
	warmUp := flag.Int("warm-up", 0, "")
	expected := flag.Int("items", 0, "items that each page must have")
	flag.Parse()

	// By default 10 connections of a host are kept, which would make 256 pollers connect anew all the time.
	transport := awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConns = *concurrency
		t.MaxIdleConnsPerHost = *concurrency
		if *authority != "" {
			pem, err := os.ReadFile(*authority)
			if err != nil {
				panic(err)
			}
			pool := x509.NewCertPool()
			pool.AppendCertsFromPEM(pem)
			t.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
		}
	})
	client := mwaaserverless.New(mwaaserverless.Options{
		BaseEndpoint: endpoint,
		Region:       "us-east-1",
		HTTPClient:   transport,
		Credentials: aws.NewCredentialsCache(aws.CredentialsProviderFunc(
			func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: "AKIDEMULATOR", SecretAccessKey: "emulator-secret-key"}, nil
			})),
	})
	run(client, *concurrency, *warmUp, *expected)

	cpuBefore, started := cpu(), time.Now()
	t := run(client, *concurrency, *requests, *expected)
	used, took := cpu()-cpuBefore, time.Since(started)

	figures := map[string]any{
		"requests": *requests, "errors": t.errors.Load(), "items": t.items.Load(), "seconds": took.Seconds(),
		"cpu_us_per_request": float64(used.Nanoseconds()) / 1e3 / float64(*requests), "max_rss_kib": maxRssKib(),
		"sdk":     "mwaaserverless " + version("github.com/aws/aws-sdk-go-v2/service/mwaaserverless"),
		"runtime": runtime.Version(), "http": "net/http", "retry_mode": aws.RetryModeStandard.String(), // what an unset mode means
	}
	if err := json.NewEncoder(os.Stdout).Encode(figures); err != nil {
		panic(err)
	}
}
