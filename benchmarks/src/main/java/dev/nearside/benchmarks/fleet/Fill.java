package dev.nearside.benchmarks.fleet;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** GET and PTTL of a key in one write; always the same bytes but for the key's number. */
final class Fill {
  private static final int DIGITS = 8;

  private final byte[] request;
  private final int getDigitsEnd;
  private final int ttlDigitsEnd;

  Fill() {
    byte[] get = Keys.request("GET", Keys.read(0));
    byte[] ttl = Keys.request("PTTL", Keys.read(0));
    request = Arrays.copyOf(get, get.length + ttl.length);
    System.arraycopy(ttl, 0, request, get.length, ttl.length);
    int crlf = "\r\n".getBytes(StandardCharsets.US_ASCII).length;
    getDigitsEnd = get.length - crlf;
    ttlDigitsEnd = request.length - crlf;
  }

  /** Returns the request for a key; it holds until the next call. */
  byte[] of(int key) {
    int rest = key;
    for (int i = 1; i <= DIGITS; i++) {
      byte digit = (byte) ('0' + rest % 10);
      request[getDigitsEnd - i] = digit;
      request[ttlDigitsEnd - i] = digit;
      rest /= 10;
    }
    return request;
  }
}
