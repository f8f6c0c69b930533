// An HTTPS server for foreign clients, and the same server with a client of its own.
//
//	peer serve CERTIFICATE   serves on loopback until standard input ends; each line there asks what is in use
//	peer pair                10,000 requests over HTTP/2 in one process
package main

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"runtime"
	"sync"
	"time"
)

const nBytes = 1 << 20

func main() {
	log.SetFlags(0)
	if len(os.Args) == 3 && os.Args[1] == "serve" {
		serve(os.Args[2])
	} else {
		pair()
	}
}

// certificate makes a key and a certificate for loopback.
func certificate() (tls.Certificate, []byte) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "loopback"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	check(err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, der
}

// start serves on a free port.
func start(cert tls.Certificate) (*http.Server, string) {
	mux := http.NewServeMux()
	mux.HandleFunc("/hello", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "hello, %s\n", r.Proto)
	})
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			w.Write(body)
		}
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	server := &http.Server{
		Handler:   mux,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}},
		ErrorLog:  log.New(io.Discard, "", 0),
	}
	go server.ServeTLS(listener, "", "")
	return server, "https://" + listener.Addr().String()
}

func serve(file string) {
	cert, der := certificate()
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	check(os.WriteFile(file, text, 0o644))
	_, url := start(cert)
	fmt.Println(url)
	lines := bufio.NewScanner(os.Stdin)
	nGoroutines := 0
	for lines.Scan() {
		nGoroutines = use(nGoroutines)
		fmt.Println(nGoroutines, heap())
	}
}

// use returns the number of goroutines, once it is not above n or does not come down to it.
func use(n int) int {
	for range 100 {
		time.Sleep(20 * time.Millisecond)
		if now := runtime.NumGoroutine(); n > 0 && now <= n {
			return now
		}
	}
	return runtime.NumGoroutine()
}

// heap returns how many bytes are in use after a collection.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

func pair() {
	cert, der := certificate()
	parsed, err := x509.ParseCertificate(der)
	check(err)
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	server, url := start(cert)
	round := func(n int) {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
		client := &http.Client{Transport: transport}
		requests(client, url, n)
		transport.CloseIdleConnections()
	}
	round(200)
	nGoroutines, nHeap := use(0), heap()
	round(10_000)
	if after := use(nGoroutines); after > nGoroutines {
		log.Fatalf("%d goroutines, %d before", after, nGoroutines)
	}
	if after := heap(); after > nHeap+nBytes {
		log.Fatalf("%d bytes in use, %d before", after, nHeap)
	}
	check(server.Close())
	fmt.Println("ok")
}

// requests makes n requests, 20 at a time; one of 25 has a body of 1 MB, which comes back.
func requests(client *http.Client, url string, n int) {
	body := bytes.Repeat([]byte("0123456789abcdef"), nBytes/16)
	var group sync.WaitGroup
	for worker := range 20 {
		group.Go(func() {
			for i := worker; i < n; i += 20 {
				if i%500 == worker {
					expect(client, url+"/echo", body, body)
				} else {
					expect(client, url+"/hello", nil, []byte("hello, HTTP/2.0\n"))
				}
			}
		})
	}
	group.Wait()
}

func expect(client *http.Client, url string, body, want []byte) {
	response, err := client.Post(url, "application/octet-stream", bytes.NewReader(body))
	check(err)
	got, err := io.ReadAll(response.Body)
	check(err)
	check(response.Body.Close())
	if response.Proto != "HTTP/2.0" || !bytes.Equal(got, want) {
		log.Fatalf("%s over %s: %d bytes instead of %d", url, response.Proto, len(got), len(want))
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
