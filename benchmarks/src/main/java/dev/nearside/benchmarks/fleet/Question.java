package dev.nearside.benchmarks.fleet;

import java.util.concurrent.TimeUnit;

/** What a sidecar asks Redis again and again, as often as it does with its usual settings. */
enum Question {
  ROLE(1000, '*', "ROLE"),
  TRACKING(1000, '%', "CLIENT", "TRACKINGINFO"),
  SWAPS(1000, '=', "INFO", "commandstats"),
  CLOCK(1000, '*', "TIME"),
  PERMISSION(2500, '%', "ACL", "GETUSER", "default");

  private final long intervalNs;

  @SuppressWarnings("ImmutableEnumChecker") // a record of two primitives
  private final Sidecar.Reply answer;

  @SuppressWarnings("ImmutableEnumChecker") // written once, here
  private final byte[] request;

  Question(int intervalMs, char answer, String... words) {
    this.intervalNs = TimeUnit.MILLISECONDS.toNanos(intervalMs);
    this.answer = new Sidecar.Reply(answer, 0);
    this.request = Keys.request(words);
  }

  long intervalNs() {
    return intervalNs;
  }

  Sidecar.Reply answer() {
    return answer;
  }

  byte[] request() {
    return request;
  }
}
