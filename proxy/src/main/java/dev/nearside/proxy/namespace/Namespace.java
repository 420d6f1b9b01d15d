package dev.nearside.proxy.namespace;

import dev.nearside.proxy.config.NearsideConfig;
import dev.nearside.proxy.config.NearsideConfig.WhenUnavailable;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A key pattern with a policy. Immutable and thread-safe; two are equal only if they are the same.
 */
public final class Namespace {
  private final String name;
  private final KeyTemplate template;
  private final long l1TtlNanos;
  private final Duration l2Ttl;
  private final Duration negativeTtl;
  private final boolean strict;
  private final long staleIfErrorNs;
  private final NearsideConfig.@Nullable DatabaseRead read;

  private Namespace(NearsideConfig.Namespace config) {
    this.name = config.name();
    this.template = KeyTemplate.parse(config.keys());
    this.l1TtlNanos = config.l1Ttl().toNanos();
    this.l2Ttl = config.l2Ttl();
    this.negativeTtl = config.negativeTtl();
    this.strict = config.strict();
    this.staleIfErrorNs = config.staleIfError().toNanos();
    this.read = config.read();
  }

  /**
   * Builds the namespace that {@code config} describes.
   *
   * @throws IllegalArgumentException if its key pattern is malformed
   */
  public static Namespace of(NearsideConfig.Namespace config) {
    return new Namespace(config);
  }

  /** Returns its name in metrics and logs. */
  public String name() {
    return name;
  }

  /** Returns the pattern of its keys. */
  public KeyTemplate template() {
    return template;
  }

  /** Returns the cap on the life of its entries in L1, in nanoseconds. */
  public long l1TtlNanos() {
    return l1TtlNanos;
  }

  /** Returns the expiry of values put into Redis from the database. */
  public Duration l2Ttl() {
    return l2Ttl;
  }

  /** Returns how long "not found in the database" is remembered. */
  public Duration negativeTtl() {
    return negativeTtl;
  }

  /** Returns whether its reads are linearizable. */
  public boolean strict() {
    return strict;
  }

  /**
   * Returns how long after the last moment at which its entries were known to be true they may be
   * served while Redis cannot be asked, in nanoseconds; 0 for not at all.
   */
  public long staleIfErrorNs() {
    return staleIfErrorNs;
  }

  /** Returns what a miss reads in the database, or null when its keys live in Redis only. */
  public NearsideConfig.@Nullable DatabaseRead read() {
    return read;
  }

  /** Returns whether a miss of its keys is read in the database. */
  public boolean readsDatabase() {
    return read() != null;
  }

  /** Returns what a miss answers while the database cannot be asked. */
  public WhenUnavailable whenUnavailable() {
    NearsideConfig.DatabaseRead configured = read();
    return configured == null ? WhenUnavailable.ERROR : configured.whenUnavailable();
  }

  @Override
  public String toString() {
    return name + " (" + template + ")";
  }
}
