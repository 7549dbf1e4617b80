// Package firefox runs headless Firefox and drives it over WebDriver BiDi. Its tests run what
// users of Firefox rely on.
package firefox
