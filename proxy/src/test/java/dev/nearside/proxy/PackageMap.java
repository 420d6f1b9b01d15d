package dev.nearside.proxy;

import static java.util.Map.entry;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.util.Collection;
import java.util.Map;
import java.util.Set;

/** The map of packages: who may use whom, where each library lives, what event loops run. */
final class PackageMap {
  static final String BASE = "dev.nearside.proxy";

  /** Stands for {@link #BASE} itself, the composition root and the command line. */
  static final String ROOT = ".";

  /** Which packages a package may use besides itself; the composition root may use all. */
  static final Map<String, Set<String>> MAY_USE =
      Map.ofEntries(
          entry("resp", Set.of()),
          entry("strings", Set.of("resp")),
          entry("config", Set.of()),
          entry("telemetry", Set.of()),
          entry("command", Set.of("resp", "telemetry")),
          entry("cluster", Set.of("config")),
          entry("namespace", Set.of("config")),
          entry("security", Set.of("config", "telemetry")),
          entry("tier.local", Set.of("config", "telemetry", "resp", "cluster")),
          entry("coherence", Set.of("config", "telemetry", "cluster", "tier.local")),
          entry("invalidation", Set.of("telemetry", "namespace", "coherence", "tier.local")),
          entry("guard", Set.of("config", "telemetry", "tier")),
          entry(
              "tier.redis",
              Set.of(
                  "cluster",
                  "config",
                  "telemetry",
                  "namespace",
                  "security",
                  "coherence",
                  "guard",
                  "invalidation",
                  "strings",
                  "tier",
                  "tier.local")),
          entry("tier.database", Set.of("config", "telemetry", "namespace", "strings", "tier")),
          entry(
              "write",
              Set.of(
                  "config",
                  "telemetry",
                  "namespace",
                  "resp",
                  "strings",
                  "guard",
                  "tier",
                  "tier.redis",
                  "tier.database")),
          entry(
              "capture",
              Set.of("config", "telemetry", "namespace", "tier", "tier.redis", "tier.database")),
          entry(
              "tier",
              Set.of(
                  "config",
                  "telemetry",
                  "namespace",
                  "coherence",
                  "guard",
                  "tier.local",
                  "tier.redis",
                  "tier.database",
                  "resp")),
          entry(
              "relay",
              Set.of(
                  "cluster",
                  "config",
                  "telemetry",
                  "resp",
                  "command",
                  "security",
                  "coherence",
                  "guard",
                  "tier")),
          entry("pressure", Set.of("config", "telemetry", "guard", "tier", "tier.local")),
          entry(
              "server",
              Set.of(
                  "strings",
                  "write",
                  "cluster",
                  "config",
                  "telemetry",
                  "resp",
                  "command",
                  "namespace",
                  "security",
                  "coherence",
                  "guard",
                  "invalidation",
                  "tier",
                  "tier.local",
                  "relay",
                  "pressure",
                  "tier.redis")),
          entry(
              "admin",
              Set.of(
                  "config",
                  "telemetry",
                  "coherence",
                  "invalidation",
                  "guard",
                  "tier",
                  "tier.local",
                  "pressure")));

  /** The only packages that know a library, by the library's own package. */
  static final Map<String, Set<String>> HOMES =
      Map.ofEntries(
          entry("java.sql", Set.of("tier.database", "capture")),
          entry("javax.sql", Set.of("tier.database")),
          entry("com.zaxxer", Set.of("tier.database")),
          entry("org.postgresql", Set.of("tier.database", "capture")),
          entry("org.flywaydb", Set.of("tier.database")),
          entry("io.lettuce", Set.of("tier.redis")),
          entry("reactor", Set.of("tier.redis")),
          entry("com.github.benmanes.caffeine", Set.of("tier.local")),
          entry("net.jpountz", Set.of("tier.local", "tier.database")),
          entry("io.github.resilience4j", Set.of("guard")),
          entry("io.prometheus", Set.of(ROOT, "telemetry", "admin", "pressure")),
          entry("com.fasterxml.jackson", Set.of("config", "admin")),
          entry("org.yaml.snakeyaml", Set.of("config")),
          entry("picocli", Set.of(".")),
          entry("java.util.logging", Set.of()));

  /** What runs on event loops or is called from them; the database has threads of its own. */
  static final Set<String> DATA_PATH =
      Set.of(
          "server",
          "resp",
          "command",
          "namespace",
          "relay",
          "coherence",
          "invalidation",
          "tier",
          "tier.local",
          "tier.redis",
          "guard",
          "telemetry");

  private PackageMap() {}

  /** Returns the full names of packages of the map. */
  static String[] fullNames(Collection<String> names) {
    return names.stream()
        .map(name -> name.equals(ROOT) ? BASE : BASE + "." + name)
        .toArray(String[]::new);
  }

  /**
   * One slice for each package. The tiers and their guard are one: an answer is defined above the
   * tiers that give it. L1 stands alone, below the coherence that empties it.
   */
  static final class Slices implements SliceAssignment {
    @Override
    public SliceIdentifier getIdentifierOf(JavaClass type) {
      String name = type.getPackageName();
      if (!name.startsWith(BASE + ".")) {
        return SliceIdentifier.ignore();
      }
      String below = name.substring(BASE.length() + 1);
      boolean tiers = below.equals("guard") || below.matches("tier(\\.redis|\\.database)?");
      return SliceIdentifier.of(tiers ? "tier" : below);
    }

    @Override
    public String getDescription() {
      return "packages";
    }
  }
}
