package dev.nearside.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.nearside.proxy.telemetry.Metrics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the documents say of the code is what the code says. */
class DocumentsTest {
  private static final Path ROOT = root();
  private static final Pattern LINK = Pattern.compile("]\\((?!https?:)([^)#]+)");
  private static final Pattern PACKAGE_ROW =
      Pattern.compile("(?m)^\\| `([a-z.]+)` \\|[^|]*\\|([^|]*)\\|$");
  private static final Pattern NAME = Pattern.compile("[a-z][a-z.]*");
  private static final Pattern CLASS = Pattern.compile("`([a-z.]+/)?([A-Z][A-Za-z]+)`");
  private static final Pattern TEST = Pattern.compile("`([A-Z]\\w+(?:Test|IT))\\.(\\w+)`");
  private static final Pattern VERB = Pattern.compile("\\./nearside ([a-z-]+)");

  private static Path root() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("LICENSE"))) {
      folder = folder.getParent();
    }
    return folder;
  }

  @Test
  void readme_holdsTheMetricsReference() throws IOException {
    String readme = read("README.md");
    String begin = "<!-- metrics:begin -->\n";
    String end = "<!-- metrics:end -->";
    assertThat(readme).containsOnlyOnce(begin).containsOnlyOnce(end);
    assertThat(readme.substring(readme.indexOf(begin) + begin.length(), readme.indexOf(end)))
        .isEqualTo(Metrics.referenceMarkdown());
  }

  @Test
  void contract_namesTestsThatAreThere() throws IOException {
    List<MatchResult> named = all(TEST, read("proxy/CONTRACT.md")).toList();
    assertThat(named).hasSizeGreaterThan(150);
    Map<String, String> tests = new TreeMap<>();
    try (Stream<Path> files = Files.walk(ROOT.resolve("proxy/src/test/java"))) {
      for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
        tests.put(file.getFileName().toString().replace(".java", ""), Files.readString(file));
      }
    }
    assertThat(named)
        .allSatisfy(test ->
            assertThat(tests.getOrDefault(test.group(1), ""))
                .as(test.group())
                .contains(" " + test.group(2) + "("));
  }

  @ParameterizedTest
  @ValueSource(strings = {"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"})
  void links_ofADocument_leadToFiles(String document) throws IOException {
    List<String> links = all(LINK, read(document)).map(link -> link.group(1)).toList();
    assertThat(links).allSatisfy(link -> assertThat(ROOT.resolve(link)).exists());
  }

  @ParameterizedTest
  @ValueSource(strings = {"README.md", "CONTRIBUTING.md"})
  void verbs_ofADocument_areTheLaunchers(String document) throws IOException {
    String launcher = read("nearside");
    List<String> verbs = all(VERB, read(document)).map(verb -> verb.group(1)).toList();
    assertThat(verbs)
        .isNotEmpty()
        .allSatisfy(verb -> assertThat(launcher).containsPattern("(?m)^  [a-z |-]*" + verb));
  }

  @Test
  void architecture_packageTable_isTheMap() throws IOException {
    Map<String, Set<String>> rows =
        all(PACKAGE_ROW, read("ARCHITECTURE.md"))
            .collect(Collectors.toMap(row -> row.group(1), row -> names(row.group(2))));
    assertThat(rows).isEqualTo(existingPackages());
  }

  private static Map<String, Set<String>> existingPackages() {
    Path base = ROOT.resolve("proxy/src/main/java/dev/nearside/proxy");
    return PackageMap.MAY_USE.entrySet().stream()
        .filter(entry -> Files.isDirectory(base.resolve(entry.getKey().replace('.', '/'))))
        .collect(Collectors.toMap(Map.Entry::getKey, entry -> withoutGivens(entry.getValue())));
  }

  private static Set<String> withoutGivens(Set<String> names) {
    Set<String> left = new TreeSet<>(names);
    left.removeAll(Set.of("config", "telemetry", "security"));
    return left;
  }

  private static Set<String> names(String cell) {
    return all(NAME, cell).map(MatchResult::group).collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void architecture_classes_exist() throws IOException {
    Set<String> sources;
    try (Stream<Path> files = Files.walk(ROOT)) {
      sources =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.endsWith(".java"))
              .collect(Collectors.toSet());
    }
    List<String> classes = all(CLASS, read("ARCHITECTURE.md")).map(name -> name.group(2)).toList();
    assertThat(classes)
        .hasSizeGreaterThan(10)
        .filteredOn(name -> !name.equals(name.toUpperCase(java.util.Locale.ROOT)))
        .allSatisfy(name -> assertThat(sources).contains(name + ".java"));
  }

  @Test
  void architecture_staysShort() throws IOException {
    assertThat(read("ARCHITECTURE.md").lines()).hasSizeLessThanOrEqualTo(200);
  }

  private static String read(String document) throws IOException {
    return Files.readString(ROOT.resolve(document));
  }

  private static Stream<MatchResult> all(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    return matcher.results();
  }
}
