#!/bin/sh
# Debian's Chromium for the browser tests. Installs it where this machine lets us; says what to do where it does not.
for name in "$OUIDIRE_CHROMIUM" /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome; do
    [ -n "$name" ] && [ -x "$name" ] && exit 0
done
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    echo "· installing Debian's Chromium (once)"
    apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
        chromium fonts-dejavu-core fonts-noto-color-emoji >/dev/null && exit 0
fi
echo "· no Chromium: browser tests will be skipped (install it, or name it in OUIDIRE_CHROMIUM)"
exit 0
