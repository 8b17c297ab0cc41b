"""Integrates any System for any number of subjects; knows no pharmacology."""
