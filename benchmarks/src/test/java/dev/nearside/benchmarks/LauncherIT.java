package dev.nearside.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The launcher in a tree of its own, whose path has a space, among made-up JDKs and a made-up Maven
 * that say what they were asked to do.
 */
@Timeout(60)
final class LauncherIT {
  private static final List<String> SYSTEM_PROGRAMS =
      List.of(
          "cat",
          "date",
          "dirname",
          "find",
          "grep",
          "head",
          "mkdir",
          "mv",
          "readlink",
          "rm",
          "sed",
          "sh",
          "sleep",
          "tail");

  @TempDir private Path temporary;

  private Path tree;
  private Path jdks;
  private Path programs;

  @BeforeEach
  void makeTree() throws IOException {
    tree = Files.createDirectories(temporary.resolve("a tree"));
    jdks = Files.createDirectories(temporary.resolve("jvm"));
    programs = Files.createDirectories(temporary.resolve("bin"));
    Files.copy(Path.of("..", "nearside"), tree.resolve("nearside"));
    runnable(tree.resolve("nearside"));
    Files.writeString(tree.resolve("pom.xml"), "<project><version>0.1.0</version></project>\n");
    source("proxy/pom.xml");
    source("proxy/src/main/java/A.java");
    for (String program : SYSTEM_PROGRAMS) {
      link(program);
    }
    script(programs.resolve("mvn"), "echo \"with $JAVA_HOME: $*\" >> '" + mavenLog() + "'");
  }

  @Test
  void jdk_defaultIsOlder_newestInstalledIsFound() throws Exception {
    Files.createSymbolicLink(programs.resolve("java"), jdk("17", "17.0.9").resolve("bin/java"));
    jdk("25", "25.0.1");
    Path newest = jdk("26", "26");

    assertThat(launch(tree.resolve("nearside"), "where").output()).startsWith("JDK " + newest);
  }

  @Test
  void jdk_javaHomeIsNewEnough_isTakenBeforeNewerOnes() throws Exception {
    Path home = jdk("25", "25.0.1");
    jdk("26", "26");

    Outcome outcome = launch(Map.of("JAVA_HOME", home.toString()), "where");

    assertThat(outcome.output()).startsWith("JDK " + home + "\n");
  }

  @Test
  void jdk_noneNewEnough_oneSentenceSaysWhatToInstall() throws Exception {
    Path old = jdk("17", "17.0.9");

    Outcome outcome = launch(Map.of("JAVA_HOME", old.toString()), "run");

    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.output())
        .startsWith("nearside: a JDK 25 or newer is needed")
        .hasLineCount(1);
    assertThat(outcome.output()).contains("openjdk-25-jdk-headless", "Temurin 25");
  }

  @Test
  void maven_noneInstalled_oneSentenceSaysWhatToInstall() throws Exception {
    jdk("25", "25.0.1");
    Files.delete(programs.resolve("mvn"));

    Outcome outcome = launch(tree.resolve("nearside"), "verify");

    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.output()).startsWith("nearside: Maven 3.8 or newer").hasLineCount(1);
  }

  @Test
  void run_nothingBuilt_buildsWithTheJdkFoundThenBecomesJava() throws Exception {
    Path jdk = jdk("25", "25.0.1");

    Outcome outcome = launch(tree.resolve("nearside"), "run", "--config", "a file.yaml");

    assertThat(Files.readString(mavenLog())).startsWith("with " + jdk + ": ").contains("package");
    assertThat(outcome.output())
        .contains("building (first time takes a few minutes)")
        .contains("[dev.nearside.proxy.Nearside] [run] [--config] [a file.yaml]")
        .contains("[" + tree + "/proxy/target/proxy-0.1.0.jar:" + tree + "/proxy/target/lib/*]");
    assertThat(outcome.status()).isEqualTo(7);
  }

  @Test
  void run_builtAndUnchanged_buildsNothing() throws Exception {
    jdk("25", "25.0.1");
    launch(tree.resolve("nearside"), "run");
    Files.delete(mavenLog());

    assertThat(launch(tree.resolve("nearside"), "run").output()).doesNotContain("building");
    assertThat(mavenLog()).doesNotExist();
  }

  @Test
  void run_sourceIsNewerThanTheBuild_buildsAgain() throws Exception {
    jdk("25", "25.0.1");
    launch(tree.resolve("nearside"), "run");
    Path changed = source("proxy/src/main/java/B.java");
    Files.setLastModifiedTime(changed, FileTime.from(Instant.now().plusSeconds(5)));

    assertThat(launch(tree.resolve("nearside"), "run").output()).contains("building");
  }

  @Test
  void run_buildFails_showsItsErrorsAndStops() throws Exception {
    jdk("25", "25.0.1");
    script(programs.resolve("mvn"), "echo '[ERROR] A.java: no such symbol'; exit 1");

    Outcome outcome = launch(tree.resolve("nearside"), "run");

    assertThat(outcome.output()).contains("[ERROR] A.java: no such symbol", "the build failed");
    assertThat(outcome.output()).doesNotContain("dev.nearside.proxy.Nearside");
    assertThat(outcome.status()).isEqualTo(1);
  }

  @Test
  void run_trainingFails_oneLineSaysSoAndItStartsWithoutACache() throws Exception {
    jdk("25", "25.0.1");

    Outcome outcome = launch(tree.resolve("nearside"), "run");

    assertThat(outcome.output())
        .containsOnlyOnce("nearside: starts will be slower, " + tree)
        .contains("[dev.nearside.proxy.Nearside]")
        .doesNotContain("-XX:AOTCache");
    assertThat(outcome.status()).isEqualTo(7);
  }

  @Test
  void run_trainingFailsAfterItOnceSucceeded_startsWithoutTheOldCache() throws Exception {
    Path java = jdk("25", "25.0.1").resolve("bin/java");
    String start = Files.readString(java);
    script(java, "for word; do\ncase $word in *Output=*) : >\"${word#*=}\"; esac; done");
    launch(tree.resolve("nearside"), "run");
    assertThat(cache()).exists();
    Files.writeString(java, start);
    Path changed = source("proxy/src/main/java/B.java");
    Files.setLastModifiedTime(changed, FileTime.from(Instant.now().plusSeconds(5)));

    assertThat(launch(tree.resolve("nearside"), "run").output()).doesNotContain("-XX:AOTCache");
    assertThat(cache()).doesNotExist();
  }

  @Test
  void version_withARealJvm_takesClassesFromTheCacheUnlessItIsDamaged() throws Exception {
    Path jars = Files.createDirectories(temporary.resolve("jars"));
    Path proxy = linkJars(jars);
    Path target = tree.resolve("proxy/target");
    script(
        programs.resolve("mvn"),
        "mv '%s' '%s/lib'; mv '%s' '%s/proxy-0.1.0.jar'".formatted(jars, target, proxy, target));
    Path log = temporary.resolve("classes.log");
    Map<String, String> environment =
        Map.of(
            "JAVA_HOME",
            System.getProperty("java.home"),
            "NEARSIDE_JAVA_OPTS",
            "-Xlog:class+load:file=" + log);
    assertThat(launch(environment, "version").output())
        .contains("preparing fast starts")
        .doesNotContain("slower")
        .endsWith("s\nnearside 0.1.0\n");

    assertThat(launch(environment, "version").output()).isEqualTo("nearside 0.1.0\n");
    assertThat(log).content().contains("dev.nearside.proxy.Nearside source: shared objects file");

    Map<String, String> other =
        Map.of("JAVA_HOME", System.getProperty("java.home"), "NEARSIDE_JAVA_OPTS", "-Xshare:off");
    assertThat(launch(other, "version").output()).isEqualTo("nearside 0.1.0\n");

    Files.writeString(cache(), "no cache at all");
    assertThat(launch(environment, "version").output()).isEqualTo("nearside 0.1.0\n");
    assertThat(log).content().contains("dev.nearside.proxy.Nearside source: file:");
  }

  /** Links the jars of this JVM's class path there, but for that of the proxy, beside them. */
  private Path linkJars(Path directory) throws IOException {
    Path proxy = temporary.resolve("proxy.jar");
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      Path jar = Path.of(entry).toAbsolutePath();
      String name = String.valueOf(jar.getFileName());
      if (name.endsWith(".jar")) {
        boolean isProxy = name.matches("proxy-[0-9.]+\\.jar");
        Files.createSymbolicLink(isProxy ? proxy : directory.resolve(name), jar);
      }
    }
    return proxy;
  }

  private Path cache() {
    return tree.resolve("proxy/target/nearside.aot");
  }

  @Test
  void launcher_throughASymbolicLink_findsItsTree() throws Exception {
    jdk("25", "25.0.1");
    Path link = Files.createSymbolicLink(temporary.resolve("ns"), Path.of("a tree", "nearside"));

    assertThat(launch(link, "run").output()).contains("[" + tree + "/proxy/target/proxy-");
  }

  @Test
  void options_withAnotherCollector_leaveOursOut() throws Exception {
    jdk("25", "25.0.1");

    Outcome outcome = launch(Map.of("NEARSIDE_JAVA_OPTS", "-XX:+UseZGC -Xmx1g"), "run");

    assertThat(outcome.output()).contains("[-XX:+UseZGC] [-Xmx1g]").doesNotContain("UseSerialGC");
  }

  @Test
  void verb_unknown_isRefusedWithTheUsage() throws Exception {
    Outcome outcome = launch(tree.resolve("nearside"), "frobnicate");

    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.output()).startsWith("Usage:").contains("no verb 'frobnicate'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--help", "0", "-1", "1e6", "12x"})
  void number_thatIsNone_isRefusedBeforeAnythingIsBuilt(String number) throws Exception {
    jdk("25", "25.0.1");

    for (String verb : List.of("history", "mutants")) {
      Outcome outcome = launch(tree.resolve("nearside"), verb, number);

      assertThat(outcome.status()).isEqualTo(1);
      assertThat(outcome.output())
          .startsWith("nearside: '" + number + "' is not a number of ")
          .hasLineCount(1);
    }
    assertThat(mavenLog()).doesNotExist();
  }

  @Test
  void history_ofAShapeThatIsNone_isRefusedBeforeAnythingIsBuilt() throws Exception {
    jdk("25", "25.0.1");

    Outcome outcome = launch(tree.resolve("nearside"), "history", "--shape", "ring");

    assertThat(outcome.status()).isEqualTo(1);
    assertThat(outcome.output())
        .isEqualTo("nearside: 'ring' is no shape; expected single, sentinel or cluster.\n");
    assertThat(mavenLog()).doesNotExist();
  }

  private Path mavenLog() {
    return temporary.resolve("maven.log");
  }

  private Path source(String name) throws IOException {
    Path file = tree.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, "");
  }

  /** Makes a JDK whose java prints its arguments in brackets and ends with 7. */
  private Path jdk(String name, String version) throws IOException {
    Path home = jdks.resolve(name);
    Files.createDirectories(home.resolve("bin"));
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    script(home.resolve("bin/java"), "printf '[%s] ' \"$@\"; exit 7");
    script(home.resolve("bin/javac"), "exit 7");
    return home;
  }

  private void link(String program) throws IOException {
    Files.createSymbolicLink(programs.resolve(program), Path.of("/bin", program));
  }

  private static void script(Path file, String text) throws IOException {
    Files.writeString(file, "#!/bin/sh\n" + text + "\n");
    runnable(file);
  }

  private static void runnable(Path file) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Outcome launch(Map<String, String> more, String... words) throws Exception {
    return launch(more, tree.resolve("nearside"), words);
  }

  private Outcome launch(Path launcher, String... words) throws Exception {
    return launch(Map.of(), launcher, words);
  }

  private Outcome launch(Map<String, String> more, Path launcher, String... words)
      throws Exception {
    List<String> command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(List.of(words));
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(temporary.toFile()).redirectErrorStream(true);
    builder.environment().clear();
    builder
        .environment()
        .putAll(Map.of("PATH", programs.toString(), "NEARSIDE_JVMS", jdks.toString()));
    builder.environment().putAll(more);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Outcome(process.waitFor(), output);
  }

  private record Outcome(int status, String output) {}
}
