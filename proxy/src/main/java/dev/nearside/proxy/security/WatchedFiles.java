package dev.nearside.proxy.security;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has files read again when what they hold has changed. Content is compared, not times: a mounted
 * secret changes by a link that points elsewhere. What cannot be used is said once and tried again
 * each time, since of two files that belong together one is always changed first; until it can be
 * used, what was read before stays.
 */
public final class WatchedFiles implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(WatchedFiles.class);
  private static final Duration PERIOD = Duration.ofSeconds(1);

  private final List<Watch> watches = new ArrayList<>();
  private @Nullable ScheduledExecutorService scheduler;

  /** What is made of some files. Called on one thread. */
  public interface Reader {
    /** Returns what it is, as logs call it. */
    String name();

    /** Returns the files it is made of. */
    List<Path> files();

    /**
     * Makes it anew of what the files say now, and returns whether anything is different. Blocks.
     *
     * @throws IOException when they cannot be used; nothing has changed then
     */
    boolean read() throws IOException;
  }

  /** Has {@code reader} read again by the first look, and at each change after that. */
  public void add(Reader reader) {
    if (!reader.files().isEmpty()) {
      watches.add(new Watch(reader));
    }
  }

  /** Starts to look, about once a second; not at all where there is nothing to look at. */
  public void start() {
    if (watches.isEmpty()) {
      return;
    }
    ScheduledExecutorService started =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofVirtual().name("nearside-files").factory());
    scheduler = started;
    started.scheduleWithFixedDelay(
        this::look, PERIOD.toMillis(), PERIOD.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Looks once. */
  void look() {
    watches.forEach(Watch::look);
  }

  @Override
  public void close() {
    ScheduledExecutorService started = scheduler;
    if (started != null) {
      started.shutdownNow();
    }
  }

  private static final class Watch {
    private final Reader reader;
    private byte[] read = {};
    private @Nullable String refusal;

    Watch(Reader reader) {
      this.reader = reader;
    }

    /** One that fails must not end the others' watch, nor its own. */
    void look() {
      byte[] now = digest(reader.files());
      if (Arrays.equals(now, read)) {
        return;
      }
      try {
        boolean different = reader.read();
        read = now;
        refusal = null;
        if (different) {
          log.info("the {} have changed, and were read again", reader.name());
        }
      } catch (IOException | RuntimeException e) {
        if (!String.valueOf(e.getMessage()).equals(refusal)) {
          refusal = String.valueOf(e.getMessage());
          log.warn(
              "the {} have changed, and cannot be used: {}; the old ones stay in use",
              reader.name(),
              refusal);
        }
      }
    }

    private static byte[] digest(List<Path> files) {
      MessageDigest digest = sha256();
      for (Path file : files) {
        try {
          digest.update(Files.readAllBytes(file));
        } catch (IOException e) {
          digest.update((byte) 0); // gone for the moment
        }
        digest.update((byte) '\n');
      }
      return digest.digest();
    }

    private static MessageDigest sha256() {
      try {
        return MessageDigest.getInstance("SHA-256");
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every JDK has SHA-256", e);
      }
    }
  }
}
