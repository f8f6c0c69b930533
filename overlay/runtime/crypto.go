// What the crypto packages keep per goroutine, and hooks of builds that do not exist here.

package runtime

import "unsafe"

// The word g.fips: the indicator in the low byte, the bypass flag above it.
const (
	fipsIndicator = 0xff
	fipsBypass    = 0x100
)

//go:linkname fips_getIndicator crypto/internal/fips140.getIndicator
func fips_getIndicator() uint8 { return uint8(getg().fips & fipsIndicator) }

//go:linkname fips_setIndicator crypto/internal/fips140.setIndicator
func fips_setIndicator(indicator uint8) {
	gp := getg()
	gp.fips = gp.fips&^fipsIndicator | uintptr(indicator)
}

//go:linkname fips_setBypass crypto/fips140.setBypass
func fips_setBypass() { getg().fips |= fipsBypass }

//go:linkname fips_unsetBypass crypto/fips140.unsetBypass
func fips_unsetBypass() { getg().fips &^= fipsBypass }

//go:linkname fips_isBypassed crypto/fips140.isBypassed
func fips_isBypassed() bool { return getg().fips&fipsBypass != 0 }

// Data-independent timing is a mode of other processors.
//
//go:linkname subtle_setDITEnabled crypto/subtle.setDITEnabled
func subtle_setDITEnabled() bool { return false }

//go:linkname subtle_setDITDisabled crypto/subtle.setDITDisabled
func subtle_setDITDisabled() {}

// The marks that gc leaves in executables to tell which cryptography they contain.
//
//go:linkname sig_BoringCrypto crypto/internal/boring/sig.BoringCrypto
func sig_BoringCrypto() {}

//go:linkname sig_FIPSOnly crypto/internal/boring/sig.FIPSOnly
func sig_FIPSOnly() {}

//go:linkname sig_StandardCrypto crypto/internal/boring/sig.StandardCrypto
func sig_StandardCrypto() {}

//go:linkname bcache_registerCache crypto/internal/boring/bcache.registerCache
func bcache_registerCache(p unsafe.Pointer) {} // caches exist in BoringCrypto builds only
