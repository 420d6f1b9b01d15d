package dev.nearside.proxy;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What has been started so far, to be ended if the rest cannot be. For one thread. */
final class Started {
  private static final Logger log = LoggerFactory.getLogger(Started.class);

  private final Deque<AutoCloseable> parts = new ArrayDeque<>();

  void add(AutoCloseable part) {
    parts.push(part);
  }

  /** Ends every part, the last one first, even if one of them fails to. */
  void close() {
    for (AutoCloseable part : parts) {
      try {
        part.close();
      } catch (Exception e) { // the rim: the failure that led here is the one to be told
        log.warn("{} did not end as it should", part, e);
      }
    }
  }
}
