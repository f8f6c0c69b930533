// GODEBUG: the settings' way from the environment to internal/godebug, and their counters.

package runtime

import _ "unsafe" // for linkname

// godebugState is guarded by lock.
var godebugState struct {
	lock   mutex
	update func(def, env string)
	env    string // GODEBUG, as far as the program has changed it
	isSet  bool
	newInc func(name string) func()
}

// godebugCounters are the metrics that settings registered.
var godebugCounters map[string]func() uint64

//go:linkname godebug_setUpdate internal/godebug.setUpdate
func godebug_setUpdate(update func(string, string)) {
	lock(&godebugState.lock)
	godebugState.update = update
	unlock(&godebugState.lock)
	update(rustProgramInfo().godebug.string(), godebugEnv())
}

// godebugEnv returns GODEBUG as the program has left it.
func godebugEnv() string {
	lock(&godebugState.lock)
	if !godebugState.isSet {
		godebugState.env = getenv("GODEBUG")
		godebugState.isSet = true
	}
	env := godebugState.env
	unlock(&godebugState.lock)
	return env
}

// godebugSetting returns the value of a setting of the runtime: the environment's, else that of the main package, else "".
func godebugSetting(name string) string {
	if value, ok := settingIn(godebugEnv(), name); ok {
		return value
	}
	value, _ := settingIn(rustProgramInfo().godebug.string(), name)
	return value
}

// settingIn finds name in a list of the form "a=1,b=2"; the last one counts.
func settingIn(list, name string) (value string, ok bool) {
	for start := 0; start <= len(list); {
		end := start
		for end < len(list) && list[end] != ',' {
			end++
		}
		item := list[start:end]
		if len(item) > len(name) && item[len(name)] == '=' && item[:len(name)] == name {
			value, ok = item[len(name)+1:], true
		}
		start = end + 1
	}
	return value, ok
}

// countNonDefault counts that a setting of the runtime made a difference.
func countNonDefault(name string) {
	lock(&godebugState.lock)
	newInc := godebugState.newInc
	unlock(&godebugState.lock)
	if newInc != nil {
		newInc(name)()
	}
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

// godebug_setNewIncNonDefault offers counters for the settings of the runtime.
//
//go:linkname godebug_setNewIncNonDefault internal/godebug.setNewIncNonDefault
func godebug_setNewIncNonDefault(newIncNonDefault func(string) func()) {
	lock(&godebugState.lock)
	godebugState.newInc = newIncNonDefault
	unlock(&godebugState.lock)
}

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
