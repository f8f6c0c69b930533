// GODEBUG: the settings' way from the environment to internal/godebug, and their counters.

package runtime

import _ "unsafe" // for linkname

// godebugState is guarded by lock.
var godebugState struct {
	lock   mutex
	update func(def, env string)
	env    string // GODEBUG, as far as the program has changed it
	isSet  bool
}

// godebugCounters are the metrics that settings registered.
var godebugCounters map[string]func() uint64

//go:linkname godebug_setUpdate internal/godebug.setUpdate
func godebug_setUpdate(update func(string, string)) {
	lock(&godebugState.lock)
	godebugState.update = update
	if !godebugState.isSet {
		godebugState.env = getenv("GODEBUG")
	}
	env := godebugState.env
	unlock(&godebugState.lock)
	update(rustProgramInfo().godebug.string(), env)
}

func godebugChanged(env string) {
	lock(&godebugState.lock)
	godebugState.env = env
	godebugState.isSet = true
	update := godebugState.update
	unlock(&godebugState.lock)
	if update != nil {
		update(rustProgramInfo().godebug.string(), env)
	}
}

//go:linkname godebug_registerMetric internal/godebug.registerMetric
func godebug_registerMetric(name string, read func() uint64) {
	lock(&godebugState.lock)
	if godebugCounters == nil {
		godebugCounters = make(map[string]func() uint64)
	}
	godebugCounters[name] = read
	unlock(&godebugState.lock)
}

// godebug_setNewIncNonDefault offers counters for settings of the runtime, which has none that count.
//
//go:linkname godebug_setNewIncNonDefault internal/godebug.setNewIncNonDefault
func godebug_setNewIncNonDefault(newIncNonDefault func(string) func()) {}

//go:linkname syscall_runtimeSetenv syscall.runtimeSetenv
func syscall_runtimeSetenv(key, value string) {
	if key == "GODEBUG" {
		godebugChanged(value)
	}
}

//go:linkname syscall_runtimeUnsetenv syscall.runtimeUnsetenv
func syscall_runtimeUnsetenv(key string) {
	if key == "GODEBUG" {
		godebugChanged("")
	}
}

//go:linkname syscall_runtimeClearenv syscall.runtimeClearenv
func syscall_runtimeClearenv(env map[string]int) {
	if _, ok := env["GODEBUG"]; ok {
		godebugChanged("")
	}
}
