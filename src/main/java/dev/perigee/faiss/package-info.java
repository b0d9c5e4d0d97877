/**
 * FAISS in Java. JavaCPP makes the classes of {@code native/faiss/perigee_faiss.h}, as {@link dev.perigee.faiss.FaissPreset}
 * says: {@code native/faiss/regenerate} writes them again, and a test compares. Only this class is written by hand. The native
 * half is built where CMake finds FAISS; who touches these classes without it gets a LinkageError, so
 * {@code compute.faiss.FaissLibrary} looks first. Everything about shapes and ownership stands in the header.
 */
package dev.perigee.faiss;
