package dev.nearside.proxy.namespace;

import dev.nearside.proxy.config.DatabaseRows;
import dev.nearside.proxy.config.NearsideConfig;
import dev.nearside.proxy.config.NearsideConfig.Durability;
import dev.nearside.proxy.config.NearsideConfig.WhenUnavailable;
import dev.nearside.proxy.config.NearsideConfig.WriteMode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
  private final byte[] ownTag;
  private final List<TagTemplate> tags;

  private Namespace(NearsideConfig.Namespace config) {
    this.name = config.name();
    this.template = KeyTemplate.parse(config.keys());
    this.l1TtlNanos = config.l1Ttl().toNanos();
    this.l2Ttl = config.l2Ttl();
    this.negativeTtl = config.negativeTtl();
    this.strict = config.strict();
    this.staleIfErrorNs = config.staleIfError().toNanos();
    this.read = config.read();
    this.ownTag = name.getBytes(StandardCharsets.UTF_8);
    this.tags = config.tags().stream().map(tag -> TagTemplate.parse(tag, template)).toList();
  }

  /**
   * Builds the namespace that {@code config} describes.
   *
   * @throws IllegalArgumentException if its key pattern or a tag is malformed
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

  /** Returns whether its keys live in the long-term store. */
  public boolean keepsInStore() {
    NearsideConfig.DatabaseRead configured = read();
    return configured != null && configured.rows() instanceof DatabaseRows.Store;
  }

  /** Returns whether its keys are the results of a cached query. */
  public boolean isQuery() {
    NearsideConfig.DatabaseRead configured = read();
    return configured != null && configured.rows() instanceof DatabaseRows.Result;
  }

  /**
   * Returns what it is called where clients are told of it: {@code namespace a}, {@code query b}.
   */
  public String subject() {
    return isQuery()
        ? "query " + name.substring(NearsideConfig.Query.PREFIX.length())
        : "namespace " + name;
  }

  /** Returns whether a miss of its keys is read in the database. */
  public boolean readsDatabase() {
    return read() != null;
  }

  /** Returns whether writes of its keys change the database first. */
  public boolean writesThrough() {
    NearsideConfig.DatabaseRead configured = read();
    return configured != null && configured.write() == WriteMode.THROUGH;
  }

  /** Returns whether writes of its keys change Redis, and later the database. */
  public boolean writesBehind() {
    NearsideConfig.DatabaseRead configured = read();
    return configured != null && configured.write() == WriteMode.BEHIND;
  }

  /** Returns what Redis has to promise of its writes, where it is written behind. */
  public Durability durability() {
    NearsideConfig.DatabaseRead configured = read();
    return configured == null ? Durability.FSYNC : configured.durability();
  }

  /** Returns the most of its keys that the database may not have taken yet. */
  public int outboxLimit() {
    NearsideConfig.DatabaseRead configured = read();
    return configured == null ? 0 : configured.outboxLimit();
  }

  /** Returns whether writes of its keys change the database, sooner or later. */
  public boolean writesDatabase() {
    return writesThrough() || writesBehind();
  }

  /** Returns what a miss answers while the database cannot be asked. */
  public WhenUnavailable whenUnavailable() {
    NearsideConfig.DatabaseRead configured = read();
    return configured == null ? WhenUnavailable.ERROR : configured.whenUnavailable();
  }

  /**
   * Says whether the tags of a namespace can be read.
   *
   * @throws IllegalArgumentException if not; the message says which and why
   */
  public static void checkTags(NearsideConfig.Namespace config) {
    KeyTemplate template = KeyTemplate.parse(config.keys());
    config.tags().forEach(tag -> TagTemplate.parse(tag, template));
  }

  /**
   * Returns the tags of a key of this namespace, whose name is {@code bytes[0, length)}: the
   * namespace's own name, then those of its templates. No template's where the key does not match.
   */
  public List<byte[]> tagsOf(byte[] bytes, int length) {
    List<byte[]> found = new ArrayList<>(1 + tags.size());
    found.add(ownTag);
    int[] bounds = tags.isEmpty() ? null : template.boundsOf(bytes, 0, length);
    if (bounds != null) {
      List<byte[]> parts = parts(bytes, bounds);
      tags.forEach(tag -> found.add(tag.of(parts)));
    }
    return found;
  }

  private List<byte[]> parts(byte[] bytes, int[] bounds) {
    List<byte[]> parts = new ArrayList<>(bounds.length / 2);
    for (int i = 0; i < bounds.length; i += 2) {
      byte[] part = Arrays.copyOfRange(bytes, bounds[i], bounds[i + 1]);
      parts.add(isQuery() ? QueryKey.argument(part) : part);
    }
    return parts;
  }

  @Override
  public String toString() {
    return name + " (" + template + ")";
  }
}
