// What the runtime must know to send times: it builds those values itself.

package time

import "unsafe"

// setTimerOrigin is provided by package runtime.
func setTimerOrigin(location unsafe.Pointer, start int64)

func init() { setTimerOrigin(unsafe.Pointer(&localLoc), startNano) }
