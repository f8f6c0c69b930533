// Clean architecture: entities, use cases, adapters and the outside, with dependencies that point inwards only.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// ---- entities: the rules that hold without any program ----------------------------------------------------------------

// Account holds money in cents.
type Account struct {
	ID      string
	Balance int
}

// ErrFunds says that there is not enough money.
var ErrFunds = errors.New("insufficient funds")

// Withdraw takes money out, never more than there is.
func (a *Account) Withdraw(amount int) error {
	if amount > a.Balance {
		return ErrFunds
	}
	a.Balance -= amount
	return nil
}

// ---- use cases: what the program does; they define the interfaces that they need ----------------------------------------

// Accounts is where accounts are kept.
type Accounts interface {
	Load(id string) (*Account, error)
	Save(...*Account) error
}

// Transfer moves money between accounts, or does nothing.
type Transfer struct{ Accounts Accounts }

// Do moves amount.
func (t Transfer) Do(from, to string, amount int) error {
	source, err := t.Accounts.Load(from)
	if err != nil {
		return err
	}
	target, err := t.Accounts.Load(to)
	if err != nil {
		return err
	}
	if err := source.Withdraw(amount); err != nil {
		return fmt.Errorf("transfer from %s: %w", from, err)
	}
	target.Balance += amount
	return t.Accounts.Save(source, target)
}

// ---- adapters: from the use cases' words to the outside's ---------------------------------------------------------------

type inMemory map[string]int

func (m inMemory) Load(id string) (*Account, error) {
	balance, ok := m[id]
	if !ok {
		return nil, fmt.Errorf("no account %s", id)
	}
	return &Account{id, balance}, nil
}

func (m inMemory) Save(accounts ...*Account) error {
	for _, a := range accounts {
		m[a.ID] = a.Balance
	}
	return nil
}

// commands runs one transfer per line of input.
func commands(in io.Reader, out io.Writer, transfer Transfer) {
	text, _ := io.ReadAll(in)
	for line := range strings.Lines(string(text)) {
		var from, to string
		var amount int
		if _, err := fmt.Sscan(line, &from, &to, &amount); err != nil {
			fmt.Fprintln(out, "bad command:", strings.TrimSpace(line))
			continue
		}
		if err := transfer.Do(from, to, amount); err != nil {
			fmt.Fprintln(out, "refused:", err)
			continue
		}
		fmt.Fprintln(out, from, "->", to, amount)
	}
}

// ---- the outside: main connects everything, and alone knows every layer ---------------------------------------------------

func main() {
	bank := inMemory{"ann": 1000, "bob": 50}
	input := strings.NewReader("ann bob 300\nbob ann 1000\nann eve 1\nnonsense\n")
	commands(input, os.Stdout, Transfer{bank})
	fmt.Println(bank)
}
