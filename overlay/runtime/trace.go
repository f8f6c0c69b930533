// Execution traces. The runtime records events in a format of its own (see docs); Go's trace format is not produced.

package runtime

import _ "unsafe" // for linkname

const noTrace = plainError("execution traces in Go's format are not supported by this runtime")

// StartTrace says that there are no traces of this kind.
func StartTrace() error { return noTrace }

// StopTrace has nothing to stop.
func StopTrace() {}

// ReadTrace returns the end of an empty trace.
func ReadTrace() (buf []byte) { return nil }

// Kinds of user events; the detail of abi::TraceKind::User.
const (
	traceTaskCreate = iota
	traceTaskEnd
	traceRegion
	traceLog
)

//go:linkname trace_userTaskCreate runtime/trace.userTaskCreate
func trace_userTaskCreate(id, parentID uint64, taskType string) {
	rustTraceUser(traceTaskCreate, id, parentID)
}

//go:linkname trace_userTaskEnd runtime/trace.userTaskEnd
func trace_userTaskEnd(id uint64) { rustTraceUser(traceTaskEnd, id, 0) }

//go:linkname trace_userRegion runtime/trace.userRegion
func trace_userRegion(id, mode uint64, regionType string) { rustTraceUser(traceRegion, id, mode) }

//go:linkname trace_userLog runtime/trace.userLog
func trace_userLog(id uint64, category, message string) { rustTraceUser(traceLog, id, 0) }

//go:linkname trace_clockUnitsPerSecond runtime/trace.runtime_traceClockUnitsPerSecond
func trace_clockUnitsPerSecond() uint64 { return 1e9 }

func traceClockNow() uint64 { return uint64(nanotime()) }

func traceAdvance(stopTrace bool) {}
