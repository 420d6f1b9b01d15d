package dev.nearside.benchmarks.coherence;

import dev.nearside.benchmarks.servers.RedisConnection;
import java.io.IOException;

/** Numbers out of INFO. */
final class Info {
  private Info() {}

  /** Returns the digits behind the first line's beginning; 0 where there is none. */
  static double number(String info, String beginning) {
    return info.lines()
        .filter(line -> line.startsWith(beginning))
        .map(line -> line.substring(beginning.length()).split("[^0-9.]", 2)[0])
        .mapToDouble(Double::parseDouble)
        .findFirst()
        .orElse(0);
  }

  /** Returns how often Redis has executed GET. */
  static double gets(RedisConnection direct) throws IOException {
    return number(direct.call("INFO", "commandstats"), "cmdstat_get:calls=");
  }
}
