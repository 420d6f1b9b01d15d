package dev.nearside.proxy.capture;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.nearside.proxy.config.DatabaseRows.Table;
import dev.nearside.proxy.config.NearsideConfig.Capture;
import dev.nearside.proxy.namespace.Namespace;
import dev.nearside.proxy.namespace.Namespaces;
import dev.nearside.proxy.tier.redis.CaptureLink;
import dev.nearside.proxy.tier.redis.CapturedKeys;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Which tables are captured, and whose keys their rows have. Immutable. */
public final class Captured {
  private static final int FINGERPRINT_DIGITS = 16;

  private final Namespaces namespaces;
  private final String publication;
  private final List<CapturedTable> tables;
  private final Set<Namespace> covered;

  private Captured(Namespaces namespaces, String publication, List<CapturedTable> tables) {
    this.namespaces = namespaces;
    this.publication = publication;
    this.tables = List.copyOf(tables);
    this.covered =
        tables.stream()
            .flatMap(table -> table.namespaces().stream())
            .collect(Collectors.toUnmodifiableSet());
  }

  /** Returns what a configuration asks for, or null where it captures nothing. */
  public static @Nullable Captured of(Namespaces namespaces, Capture config) {
    List<CapturedTable> tables = new ArrayList<>();
    for (Table table : config.tables()) {
      Capture alone = new Capture(List.of(table), config.publication());
      List<Namespace> readers =
          namespaces.all().stream().filter(each -> isRead(each, alone)).toList();
      if (!readers.isEmpty()) {
        tables.add(new CapturedTable(table, readers));
      }
    }
    return tables.isEmpty() ? null : new Captured(namespaces, config.publication(), tables);
  }

  private static boolean isRead(Namespace namespace, Capture table) {
    var read = namespace.read();
    return read != null && table.covers(read.rows());
  }

  String publication() {
    return publication;
  }

  List<CapturedTable> tables() {
    return tables;
  }

  /** Returns every namespace whose rows are captured. */
  Set<Namespace> covered() {
    return covered;
  }

  /** Returns the namespace that a key is of if its rows are captured, else null. */
  @Nullable Namespace find(byte[] key) {
    Namespace found = namespaces.find(key, 0, key.length);
    return found != null && covered.contains(found) ? found : null;
  }

  /**
   * Returns the keys, and their gate. Its name says what is captured: sidecars that are configured
   * otherwise have a reader of their own.
   */
  public CapturedKeys keys() {
    String all =
        publication
            + tables.stream().map(Captured::description).sorted().collect(Collectors.joining());
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(all.getBytes(UTF_8));
      String name = HexFormat.of().formatHex(Arrays.copyOf(digest, FINGERPRINT_DIGITS / 2));
      byte[] gate = (CaptureLink.GATES + name).getBytes(UTF_8);
      return new CapturedKeys(gate, key -> find(key) != null);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static String description(CapturedTable table) {
    return "\n"
        + table.name()
        + table.namespaces().stream()
            .map(namespace -> " " + namespace.template())
            .sorted()
            .collect(Collectors.joining());
  }

  @Override
  public String toString() {
    return tables.stream().map(table -> table.name().toString()).collect(Collectors.joining(", "));
  }
}
