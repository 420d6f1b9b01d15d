/**
 * The agent's metrics, all named {@code nearside_agent_…}, declared once.
 *
 * <p>Written by the agent's thread, read by whichever thread scrapes.
 */
@NullMarked
package dev.nearside.agent.telemetry;

import org.jspecify.annotations.NullMarked;
