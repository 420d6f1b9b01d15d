package dev.nearside.proxy.mutant;

import java.util.Arrays;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.ClassSelector;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Runs test classes until the first test fails, and then says which and ends with status 1. */
final class TestRun implements TestExecutionListener {
  /** Stands before the name of the test that failed. */
  static final String FAILED = "FAILED ";

  private TestRun() {}

  /** Takes the classes' names. */
  public static void main(String[] names) {
    ClassSelector[] classes =
        Arrays.stream(names).map(DiscoverySelectors::selectClass).toArray(ClassSelector[]::new);
    Launcher launcher = LauncherFactory.create();
    launcher.execute(
        LauncherDiscoveryRequestBuilder.request().selectors(classes).build(), new TestRun());
    System.exit(0);
  }

  @Override
  public void executionFinished(TestIdentifier test, TestExecutionResult result) {
    if (result.getStatus() == TestExecutionResult.Status.FAILED) {
      result.getThrowable().ifPresent(Throwable::printStackTrace);
      System.out.println(FAILED + test.getUniqueId()); // it is a command
      System.exit(1);
    }
  }
}
